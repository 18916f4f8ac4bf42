//! The container: the server in an empty, read-only root, as a user without a name, configured by variables and files;
//! the compose file and the Kubernetes manifest; the image.

use std::fs::{self, Permissions};
use std::io::Write as _;
use std::os::unix::fs::{PermissionsExt as _, chown};
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

use rustix::process::{Signal, geteuid};
use serde_json::{Value, json};

use super::blocks;
use super::packages::{Packages, run};
use crate::cli::token::SECRET;
use crate::limits::Watched;
use crate::serve::Server;
use crate::serve::http::Ask;
use crate::serve::test_server_home::SESSION_KEY;
use crate::test_home::TestHome;
use crate::tools::{has, install_program, say_unchecked};

/// The user and the group of the container. Neither has a name.
const USER: u32 = 65532;

/// The check that is skipped without root's rights.
const UNCHECKED: &str = "the server in a container's root";

/// Makes the folder in `$1` a container's root, read-only but for its state and memory, and executes the other arguments.
const ENTER: &str = r#"set -e
root=$1; shift
mount --bind "$root" "$root"
mount --bind "$root/state" "$root/state"
mount -o remount,bind,ro "$root"
mount -t tmpfs -o mode=1777 none "$root/dev/shm"
mount --bind /dev/urandom "$root/dev/urandom"
mount --bind /dev/random "$root/dev/random"
if [ -d "$root/secrets" ]; then
  mount -t tmpfs -o mode=755 none "$root/run/secrets"
  cp -p "$root"/secrets/* "$root/run/secrets"
fi
exec env -i "$@"
"#;

/// A container: the folder that is its root, and how processes are started there.
struct Container {
    /// The folder. It also holds files that are not in the image.
    place: TestHome,
    /// The primary group of its processes; [`USER`] is a supplementary group.
    group: u32,
    /// The variables, as `NAME=VALUE`.
    environment: Vec<String>,
}

impl Container {
    /// Creates a container with only the program in it; `None` if this process may not create one.
    fn new() -> Option<Self> {
        if !has("unshare", UNCHECKED) || !has("chroot", UNCHECKED) {
            return None;
        }
        if !geteuid().is_root() {
            say_unchecked(UNCHECKED, "only root starts a process as a user that nobody knows");
            return None;
        }
        let mut mounts = Command::new("unshare");
        mounts.args(["--mount", "mount", "-t", "tmpfs", "none", "/mnt"]).stderr(Stdio::null());
        if !mounts.status().unwrap().success() {
            say_unchecked(UNCHECKED, "nothing may be mounted here, not even by root");
            return None;
        }
        let place = TestHome::new();
        if let Err(error) = chown(place.path(), Some(USER), Some(USER)) {
            say_unchecked(UNCHECKED, &format!("nothing may be given to another user: {error}"));
            return None;
        }
        chown(place.path(), Some(0), Some(0)).unwrap();
        fs::set_permissions(place.path(), Permissions::from_mode(0o755)).unwrap();
        for folder in ["state", "dev/shm", "run/secrets"] {
            fs::create_dir_all(place.path().join(folder)).unwrap();
        }
        for device in ["dev/random", "dev/urandom"] {
            fs::write(place.path().join(device), "").unwrap();
        }
        install_program(&place.path().join("stream-token"));
        let container = Self { place, group: USER, environment: Vec::new() };
        container.give("state", USER, USER, 0o700);
        Some(container)
    }

    /// Returns the path of something in its root.
    fn path(&self, name: &str) -> PathBuf {
        self.place.path().join(name)
    }

    /// Sets the user, the group and the mode of a path in its root.
    fn give(&self, name: &str, user: u32, group: u32, mode: u32) {
        chown(self.path(name), Some(user), Some(group)).unwrap();
        fs::set_permissions(self.path(name), Permissions::from_mode(mode)).unwrap();
    }

    /// Sets a variable.
    fn set(&mut self, name: &str, value: &str) {
        self.environment.push(format!("{name}={value}"));
    }

    /// Mounts the two secrets in memory, as root's files of a group.
    fn mount_secrets(&mut self, group: u32) {
        fs::create_dir_all(self.path("secrets")).unwrap();
        for (name, secret) in [("api-secret", SECRET), ("session-key", SESSION_KEY)] {
            fs::write(self.path("secrets").join(name), format!("{secret}\n")).unwrap();
            self.give(&format!("secrets/{name}"), 0, group, 0o440);
        }
    }

    /// Mounts the two secrets, and names them in variables; the state too.
    fn with_secrets(mut self) -> Self {
        self.mount_secrets(USER);
        self.set("STREAM_API_SECRET_FILE", "/run/secrets/api-secret");
        self.set("STREAM_SESSION_KEY_FILE", "/run/secrets/session-key");
        self.set("STREAM_TOKEN_STATE_DIR", "/state");
        self
    }

    /// Prepares a call in the container.
    fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new("unshare");
        command.args(["--mount", "sh", "-c", ENTER, "sh"]).arg(self.place.path()).args(&self.environment);
        command.arg("/usr/sbin/chroot").arg(format!("--userspec={USER}:{}", self.group));
        command.arg(format!("--groups={USER}")).arg(self.place.path()).arg("/stream-token").args(arguments);
        command.env_clear().env("PATH", "/usr/sbin:/usr/bin:/sbin:/bin").current_dir("/");
        command
    }

    /// Runs a call in the container, which must succeed, and returns its standard output.
    #[track_caller]
    fn run(&self, arguments: &[&str]) -> String {
        let output = self.command(arguments).output().unwrap();
        assert!(output.status.success() && output.stderr.is_empty(), "{output:?}");
        String::from_utf8(output.stdout).unwrap()
    }

    /// Runs a call that must fail, and returns its standard error.
    #[track_caller]
    fn refusal(&self, arguments: &[&str]) -> String {
        let Output { status, stderr, .. } = self.command(arguments).output().unwrap();
        assert!(!status.success(), "{status}");
        String::from_utf8(stderr).unwrap()
    }

    /// Starts a server, with its probes.
    #[track_caller]
    fn serve(&self, flags: &[&str]) -> Watched {
        let flags = [&["serve", "--listen=127.0.0.1:0", "--admin-listen=127.0.0.1:0"], flags].concat();
        Watched::over(Server::run(&mut self.command(&flags)))
    }

    /// Requests a token from the container's server with a new session, and checks the answer and the audit log.
    #[track_caller]
    fn assert_served_by(&self, server: &Server) {
        let session = self.run(&["-q", "session", "new", "123"]);
        let answer = server.ask(&Ask::of(123).bearer(session.trim_end()));
        assert_eq!(answer.status, 200, "{}", answer.body);
        let listed = self.run(&["audit", "list", "-o", "json"]);
        let last: Value = serde_json::from_str(listed.lines().last().unwrap()).unwrap();
        assert_eq!(
            (&last["action"], &last["actor"]["user"]),
            (&"mint".into(), &"uid:65532".into()),
            "{last}"
        );
        self.run(&["-q", "audit", "verify"]);
    }
}

#[test]
fn server_runs_in_a_read_only_root_from_variables_and_files() {
    let Some(container) = Container::new().map(Container::with_secrets) else { return };
    let watched = container.serve(&[]);
    container.assert_served_by(&watched.server);
    assert_eq!(watched.ready().0, 200);
    watched.server.reload("note=reloaded", 1);
    container.assert_served_by(&watched.server);
    let ended = watched.server.end();
    assert_eq!(ended.status, Some(0), "{ended}");
    assert!(!ended.stderr.contains("others on this machine can read"), "{ended}");
    assert!(!ended.stderr.contains(SECRET) && !ended.stderr.contains(SESSION_KEY), "{ended}");
    let written = fs::read_dir(container.path("state")).unwrap().map(|entry| entry.unwrap().file_name());
    assert!(written.into_iter().all(|name| name == "audit" || name == "sessions"));
}

#[test]
fn secrets_in_variables_work_with_a_policy_in_the_configuration() {
    let Some(mut container) = Container::new() else { return };
    let config = "default_profile = \"live\"\n[profiles.live]\nsecret = \"env:NONE\"\npolicy = { default_lifetime = \"1h\" }\n";
    fs::write(container.path("config.toml"), config).unwrap();
    container.set("STREAM_API_SECRET", SECRET);
    container.set("STREAM_SESSION_KEY", SESSION_KEY);
    container.set("STREAM_TOKEN_STATE_DIR", "/state");
    container.set("STREAM_TOKEN_CONFIG", "/config.toml");
    let watched = container.serve(&[]);
    container.assert_served_by(&watched.server);
    let listed = container.run(&["audit", "list", "--action", "mint", "-o", "json"]);
    let mint: Value = serde_json::from_str(listed.trim_end()).unwrap();
    assert!(mint["expires_at"].is_number(), "{mint}");
    // Without the configuration its policy would no longer apply, so nothing is reloaded.
    let session = container.run(&["-q", "session", "new", "123"]);
    fs::rename(container.path("config.toml"), container.path("config.old")).unwrap();
    watched.server.reload("there is no configuration at /config.toml", 1);
    assert_eq!(watched.server.ask(&Ask::of(123).bearer(session.trim_end())).status, 200);
}

#[test]
fn missing_state_or_runtime_dir_is_reported_with_a_remedy() {
    let Some(mut container) = Container::new() else { return };
    container.set("STREAM_API_SECRET", SECRET);
    container.set("STREAM_SESSION_KEY", SESSION_KEY);
    let said = container.refusal(&["-q", "serve", "--listen=127.0.0.1:0"]);
    assert!(said.contains("there is no directory for the audit log\n"), "{said}");
    assert!(said.contains("give a directory with --state-dir or STREAM_TOKEN_STATE_DIR\n"), "{said}");
    container.set("STREAM_TOKEN_STATE_DIR", "/state");
    let serve = container.command(&["-q", "serve", "--listen=127.0.0.1:0"]);
    // Only the state is writable.
    let script = ENTER.replace("tmpfs -o mode=1777", "tmpfs -o mode=1777,ro");
    let arguments: Vec<_> = serve.get_args().map(ToOwned::to_owned).collect();
    let arguments =
        arguments.into_iter().map(|each| if each == ENTER { script.clone().into() } else { each });
    let output = Command::new(serve.get_program()).args(arguments).output().unwrap();
    let said = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(2), "{said}");
    assert!(said.contains("there is no directory for the server's own sockets\n"), "{said}");
    assert!(
        said.contains("mount a file system in memory at /tmp, or name a directory in TMPDIR\n"),
        "{said}"
    );
}

/// Prepares a volume as Kubernetes does for `fsGroup`: all of it belongs to the group, which may write it.
fn take_for_group(path: &Path, group: u32) {
    let metadata = path.symlink_metadata().unwrap();
    let bits = if metadata.is_dir() { 0o2770 } else { 0o660 };
    chown(path, None, Some(group)).unwrap();
    fs::set_permissions(path, Permissions::from_mode(metadata.permissions().mode() | bits)).unwrap();
    if metadata.is_dir() {
        for entry in fs::read_dir(path).unwrap() {
            take_for_group(&entry.unwrap().path(), group);
        }
    }
}

#[test]
fn volume_with_fs_group_is_used() {
    let Some(container) = Container::new().map(Container::with_secrets) else { return };
    // The owner and mode of an emptyDir, or of the root of a new disk.
    container.give("state", 0, 0, 0o777);
    for _ in 0..2 {
        take_for_group(&container.path("state"), USER);
        container.run(&["-q", "session", "revoke", "--customer", "7"]);
        container.assert_served_by(&container.serve(&[]).server);
    }
}

#[test]
fn volume_of_a_supplementary_group_is_refused_with_a_remedy() {
    let Some(mut container) = Container::new().map(Container::with_secrets) else { return };
    container.run(&["-q", "issue", "1"]);
    take_for_group(&container.path("state"), USER);
    container.group = 0;
    let said = container.refusal(&["-q", "issue", "1"]);
    assert!(said.contains("/state/audit: others can write it (mode 770)\n"), "{said}");
    assert!(said.contains("run with its group as your own (fsGroup and runAsGroup); "), "{said}");
    container.group = USER;
    container.give("state/audit", USER, USER, 0o775);
    let said = container.refusal(&["-q", "issue", "1"]);
    assert!(said.contains("/state/audit: others can write it (mode 775)\n"), "{said}");
}

/// Reads YAML with Python's parser.
#[track_caller]
fn yaml(text: &str) -> Vec<Value> {
    let script = "import json, sys, yaml; json.dump(list(yaml.safe_load_all(sys.stdin)), sys.stdout)";
    let mut python = Command::new("/usr/bin/python3");
    let mut python =
        python.args(["-c", script]).stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
    python.stdin.take().unwrap().write_all(text.as_bytes()).unwrap();
    let output = python.wait_with_output().unwrap();
    assert!(output.status.success(), "{text}");
    serde_json::from_slice(&output.stdout).unwrap()
}

/// Returns `true` if YAML can be read here.
fn can_read_yaml(unchecked: &str) -> bool {
    let mut python = Command::new("/usr/bin/python3");
    let tried = python.args(["-c", "import yaml"]).stderr(Stdio::null()).status();
    let is_here = tried.is_ok_and(|tried| tried.success());
    // With `STREAM_TOKEN_ALL`, this fails.
    is_here || has("python3 with yaml", unchecked)
}

/// Returns the texts of a list.
#[track_caller]
fn texts(list: &Value) -> Vec<&str> {
    list.as_array().unwrap().iter().map(|text| text.as_str().unwrap()).collect()
}

/// Starts the server with the arguments of a manifest, on ports that the kernel chooses.
#[track_caller]
fn serve_as(container: &Container, arguments: &[&str]) -> Watched {
    let listen = |flag: &str| arguments.iter().any(|argument| argument.starts_with(flag));
    assert!(listen("--listen=0.0.0.0:8787") && listen("--admin-listen=0.0.0.0:9464"), "{arguments:?}");
    let is_rest = |argument: &&&str| !argument.contains("listen=") && **argument != "serve";
    let rest: Vec<&str> = arguments.iter().filter(is_rest).copied().collect();
    container.serve(&rest)
}

#[test]
fn compose_file_starts_a_server_that_issues_tokens() {
    if !can_read_yaml("the compose file") {
        return;
    }
    let block = blocks("yaml").into_iter().find(|block| block.starts_with("services:")).unwrap();
    let compose = &yaml(&block)[0];
    let service = &compose["services"]["stream-token"];
    assert_eq!((&service["read_only"], &service["volumes"][0]), (&true.into(), &"state:/state".into()));
    let Some(mut container) = Container::new() else { return };
    container.mount_secrets(USER);
    // As compose mounts files: on disk, with their owner outside.
    for secret in texts(&service["secrets"]) {
        assert_eq!(compose["secrets"][secret]["file"], format!("./{secret}"));
        container.give(&format!("secrets/{secret}"), USER, USER, 0o600);
    }
    container.set("STREAM_TOKEN_STATE_DIR", "/state");
    for (name, value) in service["environment"].as_object().unwrap() {
        container.set(name, value.as_str().unwrap());
    }
    let watched = serve_as(&container, &texts(&service["command"]));
    container.assert_served_by(&watched.server);
}

#[test]
fn kubernetes_manifest_starts_a_server_that_passes_its_probes() {
    if !can_read_yaml("the Kubernetes manifest") {
        return;
    }
    let block = blocks("yaml").into_iter().find(|block| block.contains("kind: Deployment")).unwrap();
    let documents = yaml(&block);
    let of_kind = |kind: &str| documents.iter().find(|document| document["kind"] == kind).unwrap();
    let (deployment, service) = (of_kind("Deployment"), of_kind("Service"));
    let pod = &deployment["spec"]["template"];
    let (labels, spec) = (&pod["metadata"]["labels"], &pod["spec"]);
    assert_eq!(&deployment["spec"]["selector"]["matchLabels"], labels);
    assert_eq!(&service["spec"]["selector"], labels);
    for key in ["runAsUser", "runAsGroup", "fsGroup"] {
        assert_eq!(spec["securityContext"][key], USER, "{key}");
    }
    let main = &spec["containers"][0];
    let ports = main["ports"].as_array().unwrap();
    let port =
        |name: &Value| ports.iter().find(|port| port["name"] == *name).unwrap()["containerPort"].clone();
    assert_eq!(port(&service["spec"]["ports"][0]["targetPort"]), 8787);
    let mounts = main["volumeMounts"].as_array().unwrap();
    let mount = |name: &str| mounts.iter().find(|mount| mount["name"] == name).unwrap()["mountPath"].as_str();
    assert_eq!(mount("state"), Some("/state"));
    let claim = &spec["volumes"][0]["persistentVolumeClaim"]["claimName"];
    assert_eq!(claim, &of_kind("PersistentVolumeClaim")["metadata"]["name"]);
    assert_eq!(spec["volumes"][1]["secret"]["defaultMode"], 0o440);

    let Some(mut container) = Container::new() else { return };
    container.mount_secrets(USER);
    container.give("state", 0, 0, 0o755);
    take_for_group(&container.path("state"), USER);
    container.set("STREAM_TOKEN_STATE_DIR", "/state");
    for variable in main["env"].as_array().unwrap() {
        let value = variable["value"].as_str().unwrap();
        let value = value.replace(mount("secrets").unwrap(), "/run/secrets");
        container.set(variable["name"].as_str().unwrap(), &value);
    }
    let watched = serve_as(&container, &texts(&main["args"]));
    container.assert_served_by(&watched.server);
    for probe in ["livenessProbe", "readinessProbe"] {
        let asked = &main[probe]["httpGet"];
        assert_eq!(port(&asked["port"]), 9464, "{probe}");
        let answer = watched.tell("GET", asked["path"].as_str().unwrap());
        assert_eq!(answer.status, 200, "{probe}: {}", answer.body);
    }
    watched.server.signal(Signal::TERM);
    let ended = watched.server.wait();
    assert_eq!(ended.status, Some(0), "{ended}");
}

/// Reads the configuration of an image in a directory.
fn image_configuration(image: &Path) -> Value {
    let read = |path: &Path| serde_json::from_slice::<Value>(&fs::read(path).unwrap()).unwrap();
    let blob = |described: &Value| {
        let digest = described["digest"].as_str().unwrap();
        read(&image.join("blobs").join(digest.replace(':', "/")))
    };
    let manifest = blob(&read(&image.join("index.json"))["manifests"][0]);
    blob(&manifest["config"])
}

/// Returns the configuration in the last stage of the Containerfile, in the image's format.
fn containerfile_configuration() -> Value {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("packaging/Containerfile");
    let file = fs::read_to_string(path).unwrap();
    let (_, stage) = file.split_once("\nFROM scratch\n").unwrap();
    let value = |name: &str| stage.lines().find_map(|line| line.strip_prefix(name)).unwrap();
    let entrypoint: Value = serde_json::from_str(value("ENTRYPOINT ")).unwrap();
    let ports = value("EXPOSE ").split(' ').map(|port| (format!("{port}/tcp"), json!({})));
    json!({
        "User": value("USER "),
        "Env": [value("ENV ")],
        "Entrypoint": entrypoint,
        "Volumes": { value("VOLUME "): {} },
        "ExposedPorts": ports.collect::<serde_json::Map<_, _>>(),
    })
}

#[test]
fn image_matches_the_containerfile_and_serves_as_its_user() {
    let Some(packages) = Packages::built() else { return };
    let Some(archive) = packages.find("image", ".oci.tar") else { return };
    let place = TestHome::new();
    let image = place.path().join("image");
    fs::create_dir(&image).unwrap();
    run(place.command("tar").arg("-xf").arg(archive).arg("-C").arg(&image));
    let configuration = &image_configuration(&image)["config"];
    assert_eq!(configuration, &containerfile_configuration());

    let Some(mut container) = Container::new() else { return };
    let reference = format!("{}:{}", image.display(), env!("CARGO_PKG_VERSION"));
    let root = place.path().join("root");
    run(place.command("umoci").args(["raw", "unpack", "--image", &reference]).arg(&root));
    let mut files: Vec<_> = fs::read_dir(&root).unwrap().map(|entry| entry.unwrap().file_name()).collect();
    files.sort();
    assert_eq!(files, ["state", "stream-token"]);

    fs::remove_file(container.path("stream-token")).unwrap();
    fs::remove_dir(container.path("state")).unwrap();
    run(place.command("cp").args(["-a", "."]).arg(container.path("")).current_dir(&root));
    container.mount_secrets(USER);
    container.set("STREAM_API_SECRET_FILE", "/run/secrets/api-secret");
    container.set("STREAM_SESSION_KEY_FILE", "/run/secrets/session-key");
    container.environment.extend(texts(&configuration["Env"]).into_iter().map(ToOwned::to_owned));
    assert!(container.run(&["-q", "issue", "123"]).starts_with("eyJ"));
    container.assert_served_by(&container.serve(&[]).server);
}
