//! The packages of `packaging/build`, made of the program that was built for the tests.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::LazyLock;

use crate::test_home::TestHome;
use crate::tools::{has, say_unchecked};

/// What is not checked where nothing can be packaged.
const UNCHECKED: &str = "the packages";

/// Packages in a directory.
pub(super) struct Packages {
    /// The directory.
    directory: PathBuf,
    /// What the script printed.
    printed: String,
}

impl Packages {
    /// Returns those that all tests share, built once; `None` where nothing can be packaged.
    pub(super) fn built() -> Option<&'static Self> {
        static BUILT: LazyLock<Packages> =
            LazyLock::new(|| Packages::build(&Path::new(env!("CARGO_TARGET_TMPDIR")).join("packages")));
        has("strip", UNCHECKED).then(|| &*BUILT)
    }

    /// Packages the program into a directory: stripped, as people get it.
    #[track_caller]
    fn build(directory: &Path) -> Self {
        let place = TestHome::new();
        let program = place.path().join("stream-token");
        run(Command::new("strip").arg("-o").args([&program, Path::new(env!("CARGO_BIN_EXE_stream-token"))]));
        let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("packaging/build");
        let mut build = Command::new(script);
        build.arg(program).env("PACKAGES", directory).env("SOURCE_DATE_EPOCH", "1700000000");
        Self { directory: directory.to_owned(), printed: run(&mut build) }
    }

    /// Returns the file with this ending; `None`, said loudly, where the script could not build its format.
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

    /// Returns the sums of all files.
    fn sums(&self) -> String {
        fs::read_to_string(self.directory.join("SHA256SUMS")).unwrap()
    }
}

/// Runs a command that must succeed, and returns what it prints.
#[track_caller]
pub(super) fn run(command: &mut Command) -> String {
    let output = command.output().unwrap_or_else(|error| panic!("{command:?}: {error}"));
    let [stdout, stderr] =
        [output.stdout, output.stderr].map(|text| String::from_utf8_lossy(&text).into_owned());
    assert!(output.status.success(), "{command:?}: {}\n{stdout}{stderr}", output.status);
    stdout
}

#[test]
fn the_same_program_makes_the_same_packages_whose_sums_are_beside_them() {
    let Some(packages) = Packages::built() else { return };
    let place = TestHome::new();
    let again = Packages::build(&place.path().join("again"));
    assert_eq!(again.sums(), packages.sums(), "other bytes from the same program");
    let checked =
        run(Command::new("sha256sum").args(["--check", "SHA256SUMS"]).current_dir(&again.directory));
    let files = fs::read_dir(&again.directory).unwrap().count();
    assert_eq!(checked.lines().count(), files - 1, "{checked}");
}
