import { type Command, CommanderError } from 'commander'
import { ConfigError } from '../config/problem.ts'
import { nearest } from '../lib/nearest.ts'
import { Fault } from '../model/fault.ts'
import { commands } from './commands.ts'

/** Exit codes: 0 done, 1 failed, 2 used wrongly. */
const badUsage = 2

/** Runs the command line. Sets the exit code instead of exiting, so that what was written is flushed. */
export async function run(args: readonly string[]): Promise<void> {
  const program = commands()
  const unknown = unknownCommand(args[0], program)
  if (unknown !== undefined) {
    console.error(unknown)
    process.exitCode = badUsage
    return
  }
  try {
    await program.parseAsync([...args], { from: 'user' })
  } catch (error) {
    process.exitCode = told(error, program)
  }
}

/** Commands that are part of the language of the command line, and not built yet. */
const later = ['explain', 'backtest', 'usage', 'invoice', 'import', 'doctor', 'bench']

/** What to say of a first word that is no command: left alone, it would be taken for an argument of `serve`. */
function unknownCommand(word: string | undefined, program: Command): string | undefined {
  const known = [...program.commands.map(command => command.name()), 'help']
  if (word === undefined || word.startsWith('-') || known.includes(word)) return undefined
  if (later.includes(word))
    return `thalamus: '${word}' is not yet built in this version. 'thalamus --help' lists what is.`
  const [similar] = nearest(word, known)
  return `thalamus: there is no command '${word}'. ${similar ? `Did you mean '${similar}'?` : "'thalamus --help' lists them."}`
}

function told(error: unknown, program: Command): number {
  // Commander has already written what there was to say; asking for help is not a failure.
  if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : badUsage
  if (error instanceof ConfigError || error instanceof Fault) console.error(error.message)
  else console.error(`${program.name()}: ${reasonOf(error)}`)
  return 1
}

function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error)
  if ('code' in error && error.code === 'EADDRINUSE')
    return `${error.message} Choose another port in the config, or stop who has it.`
  return error.message
}
