//! Kamailio as a proxy in front of the bridge, which stays in the path of every call (Record-Route).

use std::fs;
use std::net::{SocketAddr, TcpStream};
use std::os::unix::process::CommandExt as _;
use std::process::{Child, Stdio};

use super::free_port;
use crate::bounded::{Limit, until};
use crate::stage::Stage;

/// The configuration, without the addresses.
const CONFIG: &str = r#"
log_stderror=yes
children=1
tcp_children=1
auto_aliases=no
listen=udp:PROXY
listen=tcp:PROXY
loadmodule "tm.so"
loadmodule "sl.so"
loadmodule "rr.so"
loadmodule "pv.so"
loadmodule "siputils.so"
loadmodule "textops.so"

request_route {
    if (is_method("CANCEL")) {
        if (t_check_trans()) t_relay();
        exit;
    }
    if (has_totag()) {
        if (loose_route()) t_relay();
        else if (is_method("ACK") && t_check_trans()) t_relay();
        else if (!is_method("ACK")) sl_send_reply("404", "Not Here");
        exit;
    }
    if (is_method("INVITE")) record_route();
    $du = "sip:BRIDGE";
    t_relay();
}
"#;

/// A Kamailio, as long as this lives.
pub(super) struct Kamailio {
    child: Child,
    pub(super) at: SocketAddr,
    _limit: Limit,
}

impl Kamailio {
    /// In front of this bridge.
    #[track_caller]
    pub(super) fn start(stage: &Stage, bridge: SocketAddr) -> Self {
        let at = SocketAddr::from(([127, 0, 0, 1], free_port()));
        let config = CONFIG.replace("PROXY", &at.to_string()).replace("BRIDGE", &bridge.to_string());
        fs::write(stage.path().join("kamailio.cfg"), config).unwrap();
        let mut command = stage.program("kamailio");
        command.args(["-DD", "-E", "-Y", ".", "-f", "kamailio.cfg", "-m", "16", "-M", "4"]).process_group(0);
        let child = command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null()).spawn();
        let child = child.expect("`.ci/test` installs kamailio");
        let limit = Limit::on(&child);
        until("Kamailio listens", || TcpStream::connect(at).is_ok());
        Self { child, at, _limit: limit }
    }
}

impl Drop for Kamailio {
    fn drop(&mut self) {
        // Its children end with it.
        let id = rustix::process::Pid::from_child(&self.child);
        let _ended = rustix::process::kill_process(id, rustix::process::Signal::TERM);
        let _code = self.child.wait();
    }
}
