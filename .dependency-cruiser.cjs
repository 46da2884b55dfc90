// The floors of the house: what each room of src/ may import besides itself. Down, never up, never sideways.
// `npm run floors` keeps it; test/rules/floors.test.ts breaks every rule on purpose and sees it reported.
const rooms = {
  model: [],
  lib: [],
  'version.ts': [],
  ports: ['model'],
  dialects: ['model', 'lib'],
  catalog: ['model', 'lib'],
  policy: ['catalog', 'model'],
  providers: ['dialects/dialect.ts', 'model', 'lib'],
  stores: ['ports', 'model', 'lib'],
  observe: ['ports', 'model', 'lib'],
  config: ['model', 'lib'],
  'line.ts': ['dialects/dialect.ts', 'ports', 'model', 'lib'],
  stages: ['line.ts', 'ports', 'policy', 'dialects/dialect.ts', 'model', 'lib'],
  'gateway.ts': ['line.ts', 'dialects/dialect.ts', 'ports', 'model', 'lib'],
  edge: ['gateway.ts', 'line.ts', 'dialects', 'ports', 'model', 'lib'],
  admin: ['ports', 'model', 'lib'],
  sim: ['lib'],
  house: [
    ...['gateway.ts', 'line.ts', 'stages', 'policy', 'catalog', 'providers', 'dialects', 'stores', 'observe', 'config'],
    ...['ports', 'model', 'lib'],
  ],
  cli: [
    'house',
    'catalog',
    'edge',
    'admin',
    'stores',
    'observe',
    'config',
    'sim',
    'version.ts',
    'ports',
    'model',
    'lib',
  ],
  'main.ts': ['cli', 'version.ts', 'model', 'lib'],
}

const test = '\\.test\\.ts$'
/** Who may use what is built in for network, time and process. The last one reads its own processor time. */
const doors =
  '^src/(lib/http|lib/fetch-file/fetch-file|lib/fetch-file/public-address|lib/clock|main|config/load|observe/prometheus)\\.ts$'
const within = place => (place.endsWith('.ts') ? `^src/${place.replaceAll('.', '\\.')}$` : `^src/${place}/`)

const standsOn = ([room, below]) => ({
  name: `${room.replace(/\.ts$/, '')}-stands-on`,
  comment: `${room} may import only from ${[room, ...below].join(', ')}.`,
  severity: 'error',
  from: { path: within(room), pathNot: test },
  to: { path: '^src/', pathNot: [room, ...below].map(within) },
})

module.exports = {
  forbidden: [
    ...Object.entries(rooms).map(standsOn),
    {
      name: 'every-file-has-a-room',
      comment: 'A file outside the rooms would stand under no rule. Give it a room, or the new room a line above.',
      severity: 'error',
      from: { path: '^src/', pathNot: Object.keys(rooms).map(within) },
      to: {},
    },
    {
      name: 'no-stage-calls-another',
      comment: 'Stages meet only in gateway.ts. If two need the same thing, it belongs in lib or model.',
      severity: 'error',
      from: { path: '^src/stages/([^/.]+)', pathNot: test },
      to: { path: '^src/stages/', pathNot: '^src/stages/$1[/.]' },
    },
    {
      name: 'no-dialect-knows-another',
      comment: 'Translation happens through the model, never between neighbours.',
      severity: 'error',
      from: { path: '^src/dialects/([^/]+)/', pathNot: test },
      to: { path: '^src/dialects/[^/]+/', pathNot: '^src/dialects/$1/' },
    },
    {
      name: 'no-cycles',
      comment: 'Two files that need each other are one idea in two places, or a third that is missing.',
      severity: 'error',
      from: {},
      to: { circular: true },
    },
    {
      name: 'nothing-stands-on-tests',
      comment: 'What ships must not lean on what is only there to test it.',
      severity: 'error',
      from: { path: '^src/', pathNot: test },
      to: { path: `${test}|^(test|bench|scripts)/` },
    },
    {
      name: 'pure-floors-are-plain',
      comment: 'Nouns, questions, codecs and decisions are plain TypeScript: no package, nothing built in.',
      severity: 'error',
      from: { path: '^src/(model|ports|dialects|policy)/', pathNot: test },
      to: { dependencyTypes: ['npm', 'npm-dev', 'npm-no-pkg', 'npm-unknown', 'core', 'unknown'] },
    },
    {
      name: 'no-development-dependency-ships',
      comment: 'An installation has only what package.json names under dependencies.',
      severity: 'error',
      from: { path: '^src/', pathNot: [test, '^src/(model|ports|dialects|policy)/'] },
      to: { dependencyTypes: ['npm-dev', 'npm-no-pkg', 'npm-unknown'] },
    },
    {
      name: 'one-door-to-the-world',
      comment:
        'lib/http.ts is the way to the network and lib/clock.ts the way to time; a built-in would be a back door.',
      severity: 'error',
      from: {
        path: '^src/',
        pathNot: [test, doors, '^src/(cli|sim|model|ports|dialects|policy)/'],
      },
      to: { path: '^(http|https|http2|net|tls|dgram|undici|timers|timers/promises|process|child_process)$' },
    },
  ],
  options: { tsPreCompilationDeps: true, doNotFollow: { path: 'node_modules' } },
}
