// A private root, and what it signs: certificates for 127.0.0.1 and for a client, made by `openssl`.

import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

/** The root's file, and certificate and key, with their files, of a server and of a client. Gone when the test is. */
export function certificates(context) {
  const folder = mkdtempSync(join(tmpdir(), "siox-certificates-"));
  context.after(() => rmSync(folder, { recursive: true, force: true }));
  const file = (name) => join(folder, name);
  const openssl = (...words) => execFileSync("openssl", words, { cwd: folder, stdio: ["ignore", "ignore", "pipe"] });
  const fresh = (name) => ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-keyout", `${name}.key`, "-subj", `/CN=${name}`];
  const root = [...fresh("root"), "-addext", "basicConstraints=critical,CA:TRUE", "-addext", "keyUsage=critical,keyCertSign"];
  openssl("req", "-x509", "-days", "2", ...root, "-out", "root.pem");
  const signed = (name, extensions) => {
    writeFileSync(file(`${name}.ext`), extensions);
    openssl("req", ...fresh(name), "-out", `${name}.csr`);
    const by = ["-CA", "root.pem", "-CAkey", "root.key", "-CAcreateserial", "-extfile", `${name}.ext`];
    openssl("x509", "-req", "-days", "2", "-in", `${name}.csr`, ...by, "-out", `${name}.pem`);
    const files = { certFile: file(`${name}.pem`), keyFile: file(`${name}.key`) };
    return { cert: readFileSync(files.certFile), key: readFileSync(files.keyFile), ...files };
  };
  return {
    root: file("root.pem"),
    server: signed("server", "subjectAltName=IP:127.0.0.1\nextendedKeyUsage=serverAuth\n"),
    client: signed("client", "subjectAltName=DNS:client\nextendedKeyUsage=clientAuth\n"),
  };
}
