import { ConfigError } from '../config/problem.ts'

/** The address of a listener as a URL: IPv6 stands in brackets (RFC 3986, section 3.2.2). */
export const listeningAt = (scheme: 'http' | 'https', host: string, port: number | undefined): string =>
  `${scheme}://${host.includes(':') ? `[${host}]` : host}:${port}`

type Address = { readonly host: string; readonly port: number }

const reasons: Readonly<Record<string, (address: Address) => readonly [field: keyof Address, message: string]>> = {
  EADDRINUSE: ({ port }) => [
    'port',
    `the port ${port} is in use. Choose another port in the config, or stop who has it.`,
  ],
  EADDRNOTAVAIL: ({ host }) => ['host', `${host} is no address of this machine.`],
  EACCES: ({ port }) => ['port', `the port ${port} may not be opened by this user.`],
}

/** Opens a listener; where it cannot be, it is said of the field that is to be changed. */
export function listening<Listener>(
  which: 'server' | 'admin',
  address: Address,
  file: string | undefined,
  open: () => Listener,
): Listener {
  try {
    return open()
  } catch (cause) {
    const code = cause instanceof Error && 'code' in cause ? String(cause.code) : ''
    const [field, message] = reasons[code]?.(address) ?? []
    if (field === undefined) throw cause
    const path = `${which}.${field}`
    const place = { file: file ?? 'without a config file', line: 0, column: 0, path }
    throw new ConfigError([{ ...place, message: `${path}: ${message}` }], { cause })
  }
}
