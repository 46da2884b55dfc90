import { Command, InvalidArgumentError, Option } from 'commander'
import { label, labelExpected } from '../lib/label.ts'
import { version } from '../version.ts'

type WithConfig = { readonly config?: string }

/** The commands, their options and help. What a command does is loaded when it is called: `serve` must start fast. */
export function commands(): Command {
  const program = new Command('thalamus')
    .description('The relay between applications and every large-language-model provider.')
    .version(version)
    .exitOverride()
    .showSuggestionAfterError()
    .addHelpText('after', afterHelp)
  program.configureHelp({ sortOptions: true })
  addServe(program)
  addCheck(program)
  addSimulate(program)
  addKeys(program)
  addSchema(program)
  for (const command of program.commands) inherit(command)
  return program
}

const afterHelp = `
Examples:
  thalamus                                   start with thalamus.yaml, or with defaults
  thalamus serve --config prod.yaml
  thalamus check                             is the config right? says where not, and what would be
  thalamus keys create ci --rpm 60           a virtual key, shown once
  thalamus simulate --port 8080              a provider that needs no key, to test against

Exit codes: 0 done, 1 failed, 2 used wrongly.`

/** Sub-commands throw as the program does, so that one place decides on exit codes. */
function inherit(command: Command): void {
  command.exitOverride()
  for (const inner of command.commands) inherit(inner)
}

/** An empty variable is as good as none, as for the admin token. */
function configOption(): Option {
  const says = 'the config file (default: thalamus.yaml in this folder, if there is one)'
  const option = new Option('-c, --config <file>', says).argParser(file)
  return process.env.THALAMUS_CONFIG === '' ? option : option.env('THALAMUS_CONFIG')
}

const jsonOption = () => new Option('--json', 'print the result as JSON')

function addServe(program: Command): void {
  program
    .command('serve', { isDefault: true })
    .description('start the relay')
    .addOption(configOption())
    .action(async ({ config }: WithConfig) => (await import('./run-serve.ts')).runServe(config))
}

function addCheck(program: Command): void {
  program
    .command('check')
    .description('read the config and say whether it is right, without starting')
    .addOption(configOption())
    .addOption(jsonOption())
    .action(async (options: WithConfig & { json?: boolean }) => (await import('./run-check.ts')).runCheck(options))
}

function addSimulate(program: Command): void {
  program
    .command('simulate')
    .description('run the simulated provider on its own')
    .option('-p, --port <number>', 'the port to listen on', port, 8080)
    .option('--host <address>', 'the address to listen on', '127.0.0.1')
    .option('--seed <number>', 'decides its random failures', whole, 1)
    .action(async (options: { port: number; host: string; seed: number }) =>
      (await import('./run-simulate.ts')).runSimulate(options),
    )
}

function addKeys(program: Command): void {
  const keys = program.command('keys').description('make, list and revoke virtual keys')
  keys
    .command('create')
    .argument('<name>', 'what it is called in the ledger and in logs', name)
    .description('make a key; its secret is shown once')
    .option('-t, --team <team>', 'the team it is counted under', name)
    .option('-m, --models <globs>', 'what it may ask for, by comma: "openai/*,smart"', list, ['*'])
    .option('-r, --rpm <number>', 'requests it may make in a minute', positive)
    .addOption(configOption())
    .addOption(jsonOption())
    .action(async (name: string, options) => (await import('./run-keys.ts')).runCreate(name, options))
  keys
    .command('list')
    .description('show the keys, without their secrets')
    .addOption(configOption())
    .addOption(jsonOption())
    .action(async options => (await import('./run-keys.ts')).runList(options))
  keys
    .command('revoke <name-or-id>')
    .description('make a key useless, at once and for good')
    .addOption(configOption())
    .addOption(jsonOption())
    .action(async (which: string, options) => (await import('./run-keys.ts')).runRevoke(which, options))
}

function addSchema(program: Command): void {
  program
    .command('schema')
    .description("print the config's JSON Schema, for editors and CI")
    .action(async () => (await import('./run-schema.ts')).runSchema())
}

const list = (text: string): string[] =>
  text
    .split(',')
    .map(each => each.trim())
    .filter(each => each !== '')

function file(text: string): string {
  if (text === '') throw new InvalidArgumentError('Expected the name of a file.')
  return text
}

/** As the admin API takes them. */
function name(text: string): string {
  if (!label.test(text)) throw new InvalidArgumentError(`Expected ${labelExpected}.`)
  return text.trim()
}

function whole(text: string): number {
  const number = Number(text)
  if (text.trim() === '' || !Number.isInteger(number)) throw new InvalidArgumentError('Not a whole number.')
  return number
}

function positive(text: string): number {
  const number = whole(text)
  if (number < 1) throw new InvalidArgumentError('It must be at least 1.')
  return number
}

function port(text: string): number {
  const number = whole(text)
  if (number < 0 || number > 65_535) throw new InvalidArgumentError('A port is between 0 and 65535.')
  return number
}
