//! The packages of `packaging/build`, made from the program that was built for the tests.

use std::collections::BTreeSet;
use std::env::{self, consts::ARCH};
use std::fs;
use std::os::unix::fs::chown;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::LazyLock;

use rustix::process::geteuid;
use serde_json::Value;

use crate::shells::in_bash;
use crate::test_home::TestHome;
use crate::tools::{has, install_script, path, say_unchecked};

/// The check that is skipped if packages cannot be built.
const UNCHECKED: &str = "the packages";

/// Packages in a directory.
pub(super) struct Packages {
    /// The directory.
    directory: PathBuf,
    /// The script's standard output.
    printed: String,
}

impl Packages {
    /// Returns the packages that all tests share, built once; `None` if packages cannot be built.
    pub(super) fn built() -> Option<&'static Self> {
        static BUILT: LazyLock<Packages> =
            LazyLock::new(|| Packages::build(&Path::new(env!("CARGO_TARGET_TMPDIR")).join("packages")));
        has("strip", UNCHECKED).then(|| &*BUILT)
    }

    /// Packages the stripped program into a directory. The package for Windows gets the same program: the
    /// script makes a zip of any program in the same way.
    #[track_caller]
    fn build(directory: &Path) -> Self {
        let place = TestHome::new();
        let program = stripped(&place);
        let windows = format!("x86_64-pc-windows-gnu={}", program.display());
        Self {
            directory: directory.to_owned(),
            printed: run(script(&program).arg(windows).env("PACKAGES", directory)),
        }
    }

    /// Returns the file with this ending; `None`, with a report, if the script could not build its format.
    #[track_caller]
    pub(super) fn find(&self, format: &str, ending: &str) -> Option<PathBuf> {
        let unbuilt = format!("not built: {format}: ");
        if let Some(why) = self.printed.lines().find_map(|line| line.strip_prefix(&unbuilt)) {
            say_unchecked(&format!("the package {format}"), why);
            return None;
        }
        let files = fs::read_dir(&self.directory).unwrap().map(|entry| entry.unwrap().path());
        let mut found = files.filter(|path| path.to_str().unwrap().ends_with(ending));
        let file = found.next().unwrap_or_else(|| panic!("no {ending} in\n{}", self.printed));
        assert_eq!(found.next(), None, "another {ending}");
        Some(file)
    }

    /// Returns the checksums of all files.
    fn sums(&self) -> String {
        fs::read_to_string(self.directory.join("SHA256SUMS")).unwrap()
    }
}

/// Returns the program without debug information, a tenth in size.
#[track_caller]
fn stripped(place: &TestHome) -> PathBuf {
    let program = place.path().join("stream-token");
    run(Command::new("strip").arg("-o").args([&program, Path::new(env!("CARGO_BIN_EXE_stream-token"))]));
    program
}

/// Prepares the script for a program of this architecture.
fn script(program: &Path) -> Command {
    let mut script = Command::new(Path::new(env!("CARGO_MANIFEST_DIR")).join("packaging/build"));
    script.arg(format!("{ARCH}-unknown-linux-gnu={}", program.display()));
    script.env("SOURCE_DATE_EPOCH", "1700000000");
    script
}

/// Runs a command that must succeed, and returns its standard output.
#[track_caller]
pub(super) fn run(command: &mut Command) -> String {
    let output = command.output().unwrap_or_else(|error| panic!("{command:?}: {error}"));
    let [stdout, stderr] =
        [output.stdout, output.stderr].map(|text| String::from_utf8_lossy(&text).into_owned());
    assert!(output.status.success(), "{command:?}: {}\n{stdout}{stderr}", output.status);
    stdout
}

#[test]
fn packages_are_reproducible_and_match_their_checksums() {
    let Some(packages) = Packages::built() else { return };
    let place = TestHome::new();
    let again = Packages::build(&place.path().join("again"));
    assert_eq!(again.sums(), packages.sums(), "other bytes from the same program");
    let checked =
        run(Command::new("sha256sum").args(["--check", "SHA256SUMS"]).current_dir(&again.directory));
    let files = fs::read_dir(&again.directory).unwrap().count();
    assert_eq!(checked.lines().count(), files - 1, "{checked}");
}

#[test]
fn formats_with_a_broken_tool_are_named_and_skipped() {
    if !has("strip", UNCHECKED) {
        return;
    }
    let place = TestHome::new();
    for tool in ["dpkg-deb", "rpmbuild", "umoci"] {
        let broken = format!("echo not the reason >&2\necho {tool}: operation not permitted >&2\nexit 1");
        install_script(&broken, &place.path().join(tool));
    }
    let usual = path();
    let tools =
        env::join_paths([place.path().to_owned()].into_iter().chain(env::split_paths(&usual))).unwrap();
    let packages = place.path().join("packages");
    let said = run(script(&stripped(&place)).env("PATH", tools).env("PACKAGES", &packages));
    let unbuilt: Vec<_> = said.lines().filter(|line| line.starts_with("not built: ")).collect();
    assert_eq!(
        unbuilt[..3],
        [
            "not built: deb: dpkg-deb: operation not permitted",
            "not built: rpm: rpmbuild: operation not permitted",
            "not built: image: umoci: operation not permitted",
        ]
    );
    assert!(said.contains(".tar.gz\n") && !said.contains(".deb\n"), "{said}");
}

#[test]
fn dynamically_linked_program_is_refused() {
    if !has("readelf", UNCHECKED) {
        return;
    }
    let place = TestHome::new();
    let output =
        script(Path::new("/bin/sh")).env("PACKAGES", place.path().join("packages")).output().unwrap();
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(!output.status.success() && said.ends_with("sh is not static\n"), "{said}");
}

/// Returns the files below a directory, as paths from there.
fn files(directory: &Path) -> BTreeSet<String> {
    let listed = run(Command::new("find").args([".", "-type", "f"]).current_dir(directory));
    listed.lines().map(|line| line.trim_start_matches("./").to_owned()).collect()
}

/// Checks that an installation under a prefix works, with the system's own man and bash.
#[track_caller]
fn assert_works(prefix: &Path) {
    let place = TestHome::new();
    let program = prefix.join("bin/stream-token");
    let token =
        run(place.command(program.to_str().unwrap()).args(["-q", "--profile", "demo", "issue", "123"]));
    assert!(token.starts_with("eyJ"), "{token}");
    if has("man", "that man finds the installed pages") {
        for page in ["stream-token", "stream-token-issue", "stream-token-json"] {
            let mut man = place.command("man");
            let found = run(man.arg("-M").arg(prefix.join("share/man")).args(["-w", page]));
            assert!(found.starts_with(prefix.to_str().unwrap()), "{found}");
        }
    }
    let completions = prefix.join("share/bash-completion/completions/stream-token");
    assert_eq!(in_bash(&place, &completions, "stream-token is"), ["issue"]);
    let licenses = prefix.join("share/doc/stream-token/third-party-licenses.txt");
    // Without the crates' sources the script reported it as not built.
    if licenses.exists() {
        let licenses = fs::read_to_string(licenses).unwrap();
        assert!(licenses.contains("\n  serde_json 1.") && licenses.contains("Permission is hereby granted"));
    }
}

/// Checks the installed unit with systemd, in a root with the system's usual units.
#[track_caller]
fn assert_unit_is_valid(root: &Path) {
    if !has("systemd-analyze", "the installed unit") {
        return;
    }
    let units = root.join("usr/lib/systemd/system");
    assert!(!root.join("etc/systemd").exists(), "it is enabled");
    run(Command::new("cp").args(["-r", "/lib/systemd/system/."]).arg(&units));
    fs::create_dir_all(root.join("bin")).unwrap();
    run(Command::new("cp").arg("/bin/kill").arg(root.join("bin")));
    let mut analyze = Command::new("systemd-analyze");
    let said = run(analyze.arg("--root").arg(root).args(["verify", "--man=no", "stream-token.service"]));
    assert!(!said.contains("Unknown"), "{said}");
    for unit in fs::read_dir("/lib/systemd/system").unwrap() {
        run(Command::new("rm").arg("-rf").arg(units.join(unit.unwrap().file_name())));
    }
}

/// Returns `true` if packages can be installed into a root of their own here.
fn can_install(unchecked: &str) -> bool {
    let place = TestHome::new();
    let mut chroot = Command::new("/usr/sbin/chroot");
    let may_chroot =
        chroot.args(["/", "true"]).stderr(Stdio::null()).status().is_ok_and(|done| done.success());
    let may = geteuid().is_root() && may_chroot && chown(place.path(), Some(65532), Some(65532)).is_ok();
    if !may {
        say_unchecked(
            unchecked,
            "only root installs packages, with the right to chroot and to give files away",
        );
    }
    may
}

/// Writes the files that a service leaves: its configuration and its state.
fn leave_configuration_and_state(root: &Path) {
    for file in ["etc/stream-token/config.toml", "var/lib/private/stream-token/audit/log"] {
        fs::create_dir_all(root.join(file).parent().unwrap()).unwrap();
        fs::write(root.join(file), "").unwrap();
    }
}

/// Checks a deb against Debian's rules.
#[track_caller]
fn assert_lintian_finds_no_error(deb: &Path) {
    let unchecked = "whether Debian's rules hold for the deb";
    if !has("lintian", unchecked) {
        return;
    }
    let place = TestHome::new();
    let output = place.command("lintian").args(["--fail-on", "error"]).arg(deb).output().unwrap();
    let said = String::from_utf8_lossy(&[output.stdout, output.stderr].concat()).into_owned();
    match output.status.code() {
        Some(0) => {}
        Some(2) => panic!("{said}"),
        _ => say_unchecked(unchecked, &format!("lintian does not work here: {}", said.trim_end())),
    }
}

#[test]
fn deb_installs_works_and_uninstalls_cleanly() {
    let Some(deb) = Packages::built().and_then(|packages| packages.find("deb", ".deb")) else { return };
    assert_lintian_finds_no_error(&deb);
    let place = TestHome::new();
    let root = place.path();
    if !can_install("that the deb can be installed and removed") {
        run(Command::new("dpkg-deb").arg("--extract").args([&deb, root]));
        assert_works(&root.join("usr"));
        return;
    }
    for folder in ["info", "updates", "triggers"] {
        fs::create_dir_all(root.join("var/lib/dpkg").join(folder)).unwrap();
    }
    for file in ["status", "available"] {
        fs::write(root.join("var/lib/dpkg").join(file), "").unwrap();
    }
    let dpkg = || {
        let mut dpkg = Command::new("dpkg");
        // Minimal systems exclude man pages.
        dpkg.arg("--root").arg(root).arg("--path-include=/*").env("PATH", "/usr/sbin:/usr/bin:/sbin:/bin");
        dpkg
    };
    run(dpkg().arg("--install").arg(&deb));
    assert_works(&root.join("usr"));
    assert_unit_is_valid(root);
    leave_configuration_and_state(root);
    run(dpkg().args(["--purge", "stream-token"]));
    let left: Vec<_> = files(root).into_iter().filter(|file| !file.starts_with("var/lib/dpkg/")).collect();
    assert_eq!(left, ["bin/kill", "etc/stream-token/config.toml", "var/lib/private/stream-token/audit/log"]);
}

#[test]
fn rpm_installs_works_and_uninstalls_cleanly() {
    let Some(rpm_file) = Packages::built().and_then(|packages| packages.find("rpm", ".rpm")) else { return };
    if !has("rpm", "that the rpm can be installed") || !can_install("that the rpm can be installed") {
        return;
    }
    let place = TestHome::new();
    let root = place.path();
    let rpm = || {
        let mut rpm = Command::new("rpm");
        rpm.arg("--root").arg(root).args(["--dbpath", "/var/lib/rpm"]);
        rpm
    };
    run(rpm().arg("--install").arg(&rpm_file));
    run(rpm().args(["--verify", "stream-token"]));
    assert_works(&root.join("usr"));
    assert_unit_is_valid(root);
    leave_configuration_and_state(root);
    run(rpm().args(["--erase", "stream-token"]));
    let left: Vec<_> = files(root).into_iter().filter(|file| !file.starts_with("var/lib/rpm/")).collect();
    assert_eq!(left, ["bin/kill", "etc/stream-token/config.toml", "var/lib/private/stream-token/audit/log"]);
}

/// Unpacks the tar.gz, and returns the folder in it.
fn unpacked(place: &TestHome) -> Option<PathBuf> {
    let archive = Packages::built()?.find("tar.gz", ".tar.gz")?;
    run(place.command("tar").arg("-xzf").arg(&archive));
    let name = archive.file_name().unwrap().to_str().unwrap().trim_end_matches(".tar.gz");
    Some(place.path().join(name))
}

#[test]
fn archive_installs_under_a_prefix_and_uninstalls() {
    let place = TestHome::new();
    let Some(folder) = unpacked(&place) else { return };
    let prefix = place.path().join("a prefix");
    fs::create_dir_all(prefix.join("bin")).unwrap();
    fs::write(prefix.join("bin/other"), "").unwrap();
    let install = |script: &Path, flags: &[&str]| {
        run(place.command("sh").arg(script).args(flags).arg("--prefix").arg(&prefix))
    };
    let said = install(&folder.join("install.sh"), &[]);
    assert!(said.contains("bin is not in your PATH yet"), "{said}");
    assert_works(&prefix);
    // A file of an older version that this version lacks.
    let kept = prefix.join("share/doc/stream-token");
    let old = format!("{}  bin/stream-token-old\n", "0".repeat(64));
    fs::write(prefix.join("bin/stream-token-old"), "").unwrap();
    let sums = fs::read_to_string(kept.join("SHA256SUMS")).unwrap();
    fs::write(kept.join("SHA256SUMS"), sums + &old).unwrap();
    install(&folder.join("install.sh"), &[]);
    assert!(!prefix.join("bin/stream-token-old").exists());
    fs::remove_dir_all(folder).unwrap();
    install(&kept.join("install.sh"), &["--uninstall"]);
    assert_eq!(files(&prefix), BTreeSet::from(["bin/other".to_owned()]));
    assert!(!kept.exists());
}

#[test]
fn archive_with_a_changed_file_installs_nothing() {
    let place = TestHome::new();
    let Some(folder) = unpacked(&place) else { return };
    fs::write(folder.join("share/man/man1/stream-token.1"), "changed").unwrap();
    let prefix = place.path().join("prefix");
    let output =
        place.command("sh").arg(folder.join("install.sh")).arg("--prefix").arg(&prefix).output().unwrap();
    let said = String::from_utf8_lossy(&[output.stdout, output.stderr].concat()).into_owned();
    assert!(!output.status.success() && said.contains("share/man/man1/stream-token.1: FAILED"), "{said}");
    assert!(!prefix.exists());
}

#[test]
fn sbom_lists_compiled_crates_with_licences_and_no_local_path() {
    let Some(sbom) = Packages::built().and_then(|packages| packages.find("sbom", "linux-gnu.cdx.json"))
    else {
        return;
    };
    let text = fs::read_to_string(sbom).unwrap();
    assert!(!text.contains(env!("CARGO_MANIFEST_DIR")));
    let sbom: Value = serde_json::from_str(&text).unwrap();
    assert_eq!((&sbom["bomFormat"], &sbom["specVersion"]), (&"CycloneDX".into(), &"1.5".into()));
    let components = sbom["components"].as_array().unwrap();
    let names: BTreeSet<_> = components.iter().map(|component| component["name"].as_str().unwrap()).collect();
    for name in ["serde_json", "dbus-secret-service", "libdbus", "glibc", "rust-std"] {
        assert!(names.contains(name), "{name} in {names:?}");
    }
    // Dependencies of the build and of the tests are not in the program.
    for name in ["cc", "proc-macro2", "serde_derive", "tempfile"] {
        assert!(!names.contains(name), "{name} in {names:?}");
    }
    assert!(components.iter().all(|component| component["licenses"][0]["expression"].is_string()));
    let refs: BTreeSet<_> =
        components.iter().map(|component| &component["bom-ref"]).map(Value::to_string).collect();
    assert_eq!(refs.len(), components.len());
    let root = &sbom["metadata"]["component"]["bom-ref"];
    for dependency in sbom["dependencies"].as_array().unwrap() {
        assert!(dependency["ref"] == *root || refs.contains(&dependency["ref"].to_string()), "{dependency}");
        let needs = dependency["dependsOn"].as_array().unwrap();
        assert!(needs.iter().all(|need| refs.contains(&need.to_string())), "{dependency}");
    }
}

#[test]
fn manifests_name_the_archives_with_their_checksums() {
    let Some(packages) = Packages::built() else { return };
    let sums = packages.sums();
    let sum = |ending: &str| {
        let line = sums.lines().find(|line| line.ends_with(ending)).unwrap();
        line.split_once("  ").unwrap()
    };
    if let Some(formula) = packages.find("Homebrew's formula", ".rb") {
        let formula = fs::read_to_string(formula).unwrap();
        let (sum, archive) = sum(".tar.gz");
        assert!(formula.contains(&format!("sha256 \"{sum}\"")), "{formula}");
        assert!(formula.contains(&format!("/{archive}\"")) && !formula.contains('@'), "{formula}");
    }
    if let Some(scoop) = packages.find("zip", "stream-token.json") {
        let scoop: Value = serde_json::from_str(&fs::read_to_string(scoop).unwrap()).unwrap();
        let (sum, archive) = sum(".zip");
        let download = &scoop["architecture"]["64bit"];
        assert_eq!(download["hash"], sum);
        assert!(download["url"].as_str().unwrap().ends_with(&format!("/{archive}")), "{download}");
        assert_eq!(scoop["version"], env!("CARGO_PKG_VERSION"));
        let program =
            format!("{}/{}", scoop["extract_dir"].as_str().unwrap(), scoop["bin"].as_str().unwrap());
        let zip = packages.find("zip", ".zip").unwrap();
        let listed = run(Command::new("/usr/bin/python3").args(["-m", "zipfile", "-l"]).arg(zip));
        assert!(listed.contains(&program), "{program} in {listed}");

        let winget = fs::read_to_string(packages.find("zip", "stream-token.yaml").unwrap()).unwrap();
        assert!(winget.contains(&format!("InstallerSha256: {sum}\n")), "{winget}");
        let program = program.replace('/', "\\");
        assert!(
            winget.contains(&format!("RelativeFilePath: {program}\n")) && !winget.contains('@'),
            "{winget}"
        );
    }
}
