import { existsSync, readFileSync } from 'node:fs'

const HERE = import.meta.dir
const ROOT = `${HERE}/..`
const PORTKEY = `${HERE}/node_modules/@portkey-ai/gateway`

/** Whose promises are judged. */
export const SUBJECT = 'thalamus'

/** The gateways that are compared, as data: how each is started, what it is asked, and why it may be absent. */
export const PEERS: readonly Peer[] = [
  thalamusIn(ROOT, SUBJECT),
  {
    name: 'minimal',
    version: () => `Bun ${Bun.version}`,
    absent: () => undefined,
    headers: () => [],
    provider: '',
    launch: place => ({
      command: [`${ROOT}/bin/runtime`, `${HERE}/peers/minimal.ts`, String(place.port), upstreamOf(place)],
      env: {},
      files: {},
    }),
  },
  {
    name: 'promises',
    version: () => `Bun ${Bun.version}`,
    absent: () => undefined,
    headers: () => [],
    provider: 'mock/',
    yardstick: true,
    launch: place => ({
      command: [
        `${ROOT}/bin/runtime`,
        `${HERE}/peers/promises.ts`,
        String(place.port),
        upstreamOf(place),
        place.folder,
      ],
      env: { BENCH_KEY: KEY },
      files: {},
    }),
  },
  {
    name: 'nginx',
    version: () => nginxVersion(),
    absent: () => (nginx() === null ? 'nginx is not installed' : undefined),
    headers: () => [],
    provider: '',
    launch: place => ({
      command: [nginx() ?? 'nginx', '-p', place.folder, '-c', 'nginx.conf', '-e', `${place.folder}/error.log`],
      env: {},
      files: { 'nginx.conf': nginxConfig(place) },
    }),
  },
  {
    name: 'portkey',
    version: () => `${versionIn(PORTKEY)} on Node ${nodeVersion()}`,
    absent: installPortkey,
    headers: mockPort => ['x-portkey-provider: openai', `x-portkey-custom-host: http://127.0.0.1:${mockPort}/v1`],
    provider: '',
    launch: place => ({
      command: ['node', `${PORTKEY}/build/start-server.js`, `--port=${place.port}`, '--headless'],
      env: { NODE_ENV: 'production' },
      files: {},
    }),
  },
]

export type Peer = {
  readonly name: string
  readonly version: () => string
  /** Why it cannot take part here, if it cannot; may install it. */
  readonly absent: () => string | undefined
  /** Headers that tell it where the upstream is, when its config does not. */
  readonly headers: (mockPort: number) => readonly string[]
  /** What it wants before the model's name. */
  readonly provider: string
  /** Of processor time alone: it is no gateway, and says nothing of waits and memory. */
  readonly yardstick?: boolean
  readonly launch: (place: Place) => Launch
  /** Itself, with more in its config: only Thalamus has what the scenarios of translation and failure are about. */
  readonly configured?: (added: More) => Peer
}

export type Place = {
  readonly folder: string
  readonly port: number
  readonly adminPort: number
  readonly mockPort: number
}

export type Launch = {
  readonly command: readonly string[]
  readonly env: Readonly<Record<string, string>>
  /** Files written to its folder first. */
  readonly files: Readonly<Record<string, string>>
}

/** The key that every client sends, and that Thalamus checks. */
export const KEY = 'thal_bench_0123456789abcdef0123456789abcdef'

/** Thalamus as it stands in a folder: this one, or a checkout of what it was before. `more` is added to its config. */
export function thalamusIn(root: string, name: string, more: More = () => ({})): Peer {
  return {
    name,
    version: () => versionIn(root),
    absent: () => (existsSync(`${root}/src/main.ts`) ? undefined : `${root}/src/main.ts is not there`),
    headers: () => [],
    provider: 'mock/',
    configured: added => thalamusIn(root, name, added),
    launch: place => ({
      command: [`${root}/bin/thalamus`, 'serve', '--config', `${place.folder}/thalamus.yaml`],
      env: { BENCH_KEY: KEY, THALAMUS_ADMIN_TOKEN: 'bench-admin-token-0123456789abcdef' },
      files: { 'thalamus.yaml': JSON.stringify(thalamusConfig(place, more(upstreamOf(place)))) },
    }),
  }
}

/** What is added to the one provider that every gateway has, from the upstream's address. */
type More = (upstream: string) => { readonly providers?: object; readonly models?: object }

/** As shipped: keys, limits, ledger, metrics and logs are on. JSON is YAML too. */
function thalamusConfig(place: Place, { providers, models }: ReturnType<More>): object {
  return {
    server: { host: '127.0.0.1', port: place.port },
    admin: { host: '127.0.0.1', port: place.adminPort, token: 'env:THALAMUS_ADMIN_TOKEN' },
    store: `sqlite:${place.folder}/thalamus.db`,
    providers: {
      mock: { dialect: 'openai-chat', base_url: `${upstreamOf(place)}/v1`, price: { input: 1, output: 2 } },
      ...providers,
    },
    ...(models ? { models } : {}),
    keys: [{ name: 'bench', secret: 'env:BENCH_KEY', rpm: 100_000_000 }],
  }
}

/** One process, no log, nothing buffered that a gateway would have to pass on at once. */
function nginxConfig(place: Place): string {
  return `
daemon off; master_process off; worker_rlimit_nofile 20000; pid nginx.pid;
events { worker_connections 16384; }
http {
  access_log off;
  client_body_temp_path body; proxy_temp_path proxy; fastcgi_temp_path fastcgi; uwsgi_temp_path uwsgi; scgi_temp_path scgi;
  client_max_body_size 32m; client_body_buffer_size 256k;
  keepalive_requests 1000000000; keepalive_timeout 1h;
  upstream mock { server 127.0.0.1:${place.mockPort}; keepalive 4096; keepalive_requests 1000000000; }
  server {
    listen 127.0.0.1:${place.port};
    location / {
      proxy_pass http://mock; proxy_http_version 1.1; proxy_set_header Connection "";
      proxy_buffering off; proxy_buffer_size 16k; proxy_buffers 8 16k; proxy_read_timeout 1h;
    }
  }
}
`
}

function upstreamOf(place: Place): string {
  return `http://127.0.0.1:${place.mockPort}`
}

function nginx(): string | null {
  return Bun.which('nginx', { PATH: `${process.env.PATH}:/usr/sbin:/usr/local/sbin` })
}

function nginxVersion(): string {
  const { stderr } = Bun.spawnSync([nginx() ?? 'nginx', '-v'])
  return stderr
    .toString()
    .trim()
    .replace(/^.*nginx\//, '')
}

function nodeVersion(): string {
  return Bun.spawnSync(['node', '--version']).stdout.toString().trim().slice(1)
}

function versionIn(folder: string): string {
  const { version } = JSON.parse(readFileSync(`${folder}/package.json`, 'utf8')) as { readonly version: string }
  return version
}

/** Portkey is installed when it is first asked for: it belongs to this folder and to nothing that is shipped. */
function installPortkey(): string | undefined {
  if (Bun.which('node') === null) return 'node is not installed'
  if (existsSync(PORTKEY)) return undefined
  console.error('portkey: installing it into bench/node_modules (npm ci)')
  const { exitCode } = Bun.spawnSync(['npm', 'ci', '--prefix', HERE, '--ignore-scripts', '--no-audit', '--no-fund'], {
    stdout: 'ignore',
    stderr: 'inherit',
  })
  return exitCode === 0 ? undefined : 'npm ci failed in bench/ (offline?)'
}
