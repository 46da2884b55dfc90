import { createPrivateKey, X509Certificate } from 'node:crypto'
import { resolve } from 'node:path'
import { find } from './find.ts'
import { type Complaint, pathText } from './problem.ts'
import { causeOf, type SecretWorld } from './secrets.ts'

/** What is wrong with the files of `server.tls`: the start would fail on them, and say neither where nor why. */
export function certificateComplaints(value: unknown, world: SecretWorld): readonly Complaint[] {
  const cert = read(value, 'server.tls.cert', 'a certificate', text => new X509Certificate(text), world)
  const key = read(value, 'server.tls.key', 'a private key without a passphrase', createPrivateKey, world)
  if (!cert.read || !key.read) return [...(cert.complaints ?? []), ...(key.complaints ?? [])]
  if (cert.read.checkPrivateKey(key.read)) return []
  const path = ['server', 'tls', 'key']
  return [{ path, on: 'value', message: `${pathText(path)} is not the key of the certificate in server.tls.cert.` }]
}

type Outcome<Kind> = { readonly read?: Kind; readonly complaints?: readonly Complaint[] }

function read<Kind>(
  value: unknown,
  place: string,
  what: string,
  parse: (text: string) => Kind,
  { folder, readFile }: SecretWorld,
): Outcome<Kind> {
  const [found] = find(value, place)
  if (typeof found?.value !== 'string' || found.value === '') return {}
  const file = resolve(folder, found.value)
  const wrong = (why: string): Outcome<Kind> => ({
    complaints: [
      { path: found.path, on: 'value', message: `${pathText(found.path)} refers to the file ${file}, ${why}.` },
    ],
  })
  let text: string
  try {
    text = readFile(file)
  } catch (error) {
    return wrong(`which cannot be read (${causeOf(error)})`)
  }
  try {
    return { read: parse(text) }
  } catch {
    // The library's own words name a line of its source.
    return wrong(`which holds no PEM of ${what}`)
  }
}
