// Node's own TLS client; usage: node node_client.js ADDRESS PORT NAME. Prints what an application would.
const tls = require('tls');
const [address, port, name] = process.argv.slice(2);
const secure = tls.connect({host: address, port: Number(port), servername: name, rejectUnauthorized: false});
secure.setTimeout(4000, () => { console.log('Error: timeout'); secure.destroy(); });
secure.on('secureConnect', () => { console.log('handshake finished:', secure.getProtocol()); secure.end(); });
secure.on('error', (error) => console.log(String(error), error.code || ''));
