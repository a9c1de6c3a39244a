-- An XMPP server that knows one host.
pidfile = "@DIR@/prosody/prosody.pid"
data_path = "@DIR@/prosody"
run_as_root = true
log = { info = "*console" }
interfaces = { "@ADDRESS@" }
c2s_ports = { @PORT@ }
s2s_ports = { }
modules_enabled = { "tls", "saslauth" }
modules_disabled = { "s2s", "offline", "posix" }
c2s_require_encryption = true
authentication = "internal_plain"
VirtualHost "www.lab.test"
  ssl = { certificate = "@CERT@"; key = "@KEY@" }
