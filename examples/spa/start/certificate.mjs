// A certificate that lives for two days and that nobody vouches for.

import { execFileSync } from 'node:child_process'
import { createHash, X509Certificate } from 'node:crypto'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

/** `pin` is what Chromium wants to see with `--ignore-certificate-errors-spki-list`. */
export function makeCertificate(hosts) {
  const directory = mkdtempSync(join(tmpdir(), 'tandem-certificate-'))
  try {
    const [key, cert] = ['key.pem', 'cert.pem'].map((name) => join(directory, name))
    execFileSync('openssl', [
      'req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes', '-days', '2',
      '-subj', `/CN=${hosts[0]}`, '-addext', `subjectAltName=${hosts.map((host) => `DNS:${host}`).join(',')}`,
      '-keyout', key, '-out', cert,
    ], { stdio: 'pipe' })
    const made = { key: readFileSync(key), cert: readFileSync(cert) }
    const publicKey = new X509Certificate(made.cert).publicKey.export({ type: 'spki', format: 'der' })
    return { ...made, pin: createHash('sha256').update(publicKey).digest('base64') }
  } finally {
    rmSync(directory, { recursive: true, force: true })
  }
}
