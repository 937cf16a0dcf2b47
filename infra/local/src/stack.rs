//! Starts and stops a complete local stack.

use std::collections::BTreeMap;
use std::path::PathBuf;

use crate::deploy::{Deployed, SENDER, api_url, deploy};
use crate::emulator::{Emulator, REGION, choose_port};
use crate::functions;
use crate::progress::Progress;
use crate::state_dir::{KeptSettings, StateDir};
use crate::tools::{Toolset, install_from};
use crate::workspace::Workspace;
use crate::{Error, Keys, StackInfo, tenant};

/// Options of a stack. By default, the state is in `.local` at the workspace root, the port is any
/// free port, and the stack starts without data.
#[derive(Clone, Debug, Default)]
pub struct StackOptions {
    /// Directory for the files of the stack. Only one running stack can use a directory. `None`
    /// means `.local` at the workspace root.
    pub state_dir: Option<PathBuf>,
    /// Loopback port to listen on. If `None`, the stack uses the port that was saved with the data
    /// or, without saved data, `preferred_port`. If that port is in use, the stack uses any free
    /// port.
    pub port: Option<u16>,
    /// Port to use if `port` is `None` and no port was saved with the data.
    pub preferred_port: Option<u16>,
    /// Whether to start with the data that an earlier run saved, and to save the data when the stack stops.
    pub keep_data: bool,
    /// Tenant to create. `None` means `demo`.
    pub tenant_id: Option<String>,
    /// Whether to hide the progress of the setup. The output of cargo is still shown.
    pub quiet: bool,
}

/// A running stack. With [`StackOptions::keep_data`], [`Stack::stop`] lets the emulator save its
/// data. Dropping the stack kills its processes, and nothing is saved.
pub struct Stack {
    /// Address, keys and resource names. `stack.json` in the state directory has the same contents.
    pub info: StackInfo,
    emulator: Emulator,
    state: StateDir,
}

impl Stack {
    /// Starts a stack, empty or with the data of an earlier run. Returns when the stack accepts
    /// requests.
    ///
    /// # Errors
    /// Returns an error if a step fails. All processes that earlier steps started are then killed.
    pub async fn start(options: StackOptions) -> Result<Self, Error> {
        let progress = if options.quiet { Progress::Silent } else { Progress::Shown };
        let workspace = Workspace::locate().await?;
        let directory = options.state_dir.unwrap_or_else(|| workspace.root.join(".local"));
        // Check the port before claiming the directory, because claiming can delete data. If the port is in use, the
        // start fails, and no data may be deleted.
        choose_port(options.port, None)?;
        let state = StateDir::claim(&directory, options.keep_data)?;
        let kept = state.kept();
        let preferred_port = kept.as_ref().map(|kept| kept.port).or(options.preferred_port);
        // Check the port again before the long build, to report a port in use early. The port is
        // chosen again right before it is used.
        choose_port(options.port, preferred_port)?;
        let tools = install_from(&workspace.local_file(Toolset::Stack.lock_file()), progress).await?;
        let python = tools.join("bin/python");

        functions::build(&workspace, progress).await?;

        let step = progress.step("Starting the emulated AWS");
        let port = choose_port(options.port, preferred_port)?;
        let launcher = workspace.local_file("launch.py");
        let emulator = Emulator::start(&python, &launcher, &state, port, options.keep_data).await?;
        let unavailable = preferred_port.filter(|preferred| options.port.is_none() && *preferred != port);
        let why = unavailable.map(|preferred| format!(", because port {preferred} is in use")).unwrap_or_default();
        step.done(&format!("Started the emulated AWS on port {port}{why}"));

        let step = progress.step("Deploying infra/template.yaml");
        functions::stage(&workspace, &state.build()).await?;
        let template = state.build().join("infra/template.yaml");
        let deployed = deploy(&python, &workspace.local_file("deploy.py"), &template, port, &step).await?;
        step.done("Deployed infra/template.yaml");

        let step = progress.step("Creating the tenant");
        let tenant_id = options.tenant_id.unwrap_or_else(|| "demo".into());
        let keys = match kept {
            Some(kept) if kept.tenant_id == tenant_id => kept.keys,
            _ => tenant::create(&emulator.endpoint(), &deployed.outputs.api_function_name, &tenant_id).await?,
        };
        if options.keep_data {
            state.keep(&KeptSettings { port, tenant_id: tenant_id.clone(), keys: keys.clone() })?;
        }
        step.done(&format!("Tenant {tenant_id} is ready"));

        let info = stack_info(&emulator, deployed, tenant_id, keys);
        state.publish_info(&info)?;
        Ok(Self { info, emulator, state })
    }

    /// Returns the description of the stack that runs in `.local` at the workspace root.
    ///
    /// # Errors
    /// Returns an error if no stack runs in that directory.
    pub async fn running() -> Result<StackInfo, Error> {
        StateDir::running(&Workspace::locate().await?.root.join(".local"))
    }

    /// Creates another tenant and returns its keys.
    ///
    /// # Errors
    /// Returns an error if the tenant already exists.
    pub async fn create_tenant(&self, id: &str) -> Result<Keys, Error> {
        let admin = self.info.functions.get("api").map_or("", String::as_str);
        tenant::create(&self.info.aws_endpoint_url, admin, id).await
    }

    /// Creates a link that signs in to the console once, with this admin key. Returns its address.
    ///
    /// # Errors
    /// Returns an error if the key is not a valid admin key.
    pub async fn sign_in_link(&self, admin_key: &str) -> Result<String, Error> {
        let function = self.info.functions.get("api").map_or("", String::as_str);
        let path = tenant::sign_in_link(&self.info.aws_endpoint_url, function, admin_key).await?;
        Ok(format!("{}{path}", self.info.api_url))
    }

    /// Waits until the emulator process exits by itself.
    pub async fn ended(&mut self) {
        self.emulator.ended().await;
    }

    /// Ends all processes of the stack. With [`StackOptions::keep_data`], the emulator first saves its data.
    pub async fn stop(self) {
        self.state.remove_info();
        self.emulator.stop().await;
    }
}

fn stack_info(emulator: &Emulator, deployed: Deployed, tenant_id: String, keys: Keys) -> StackInfo {
    let Deployed { outputs, function_variables } = deployed;
    let endpoint = emulator.endpoint();
    StackInfo {
        api_url: api_url(&endpoint, &outputs.api_id),
        tenant_id,
        keys,
        mail_url: format!("{endpoint}/_ministack/ses/messages"),
        aws_endpoint_url: endpoint,
        sender_email: SENDER.into(),
        region: REGION.into(),
        table: outputs.table_name,
        bus: outputs.bus_name,
        events_queue_url: outputs.events_queue_url,
        timers_queue_url: outputs.timers_queue_url,
        dead_letter_queue_urls: BTreeMap::from([
            ("events".into(), outputs.events_dead_letter_queue_url),
            ("timers".into(), outputs.timers_dead_letter_queue_url),
            ("undelivered_events".into(), outputs.undelivered_events_queue_url),
            ("malformed_messages".into(), outputs.malformed_messages_queue_url),
            ("relay_retry".into(), outputs.relay_retry_dead_letter_queue_url),
            ("relay".into(), outputs.relay_dead_letter_queue_url),
        ]),
        functions: BTreeMap::from([
            ("apply".into(), outputs.apply_function_name),
            ("redeem".into(), outputs.redeem_function_name),
            ("api".into(), outputs.api_function_name),
            ("expiry-scan".into(), outputs.expiry_scan_function_name),
            ("event-relay".into(), outputs.event_relay_function_name),
            ("action-executor".into(), outputs.action_executor_function_name),
        ]),
        function_variables,
        pid: std::process::id(),
        pids: vec![emulator.id()],
    }
}
