import { HTTPException } from 'hono/http-exception'
import type { ZodError } from 'zod'
import { Fault } from '../model/fault.ts'

export type Refusal = { readonly status: number; readonly code: string; readonly message: string }

/** What the caller is told about anything that was thrown: our own faults, the framework's, and the unforeseen. */
export function refusalOf(error: unknown): Refusal {
  if (error instanceof HTTPException)
    return { status: error.status, code: codeOf(error.status), message: messageOf(error) }
  const { status, code, message } = Fault.from(error)
  return { status, code, message }
}

/** The framework's own words say no more than the status. */
const messageOf = ({ status, message }: HTTPException): string =>
  status === 415 ? 'Send the body as JSON, with content-type: application/json.' : message

const codeOf = (status: number): string => (status === 413 ? 'too_large' : 'invalid_request')

/** One sentence for each thing that is wrong with an input. */
export const sentencesOf = (error: Pick<ZodError, 'issues'>): string => error.issues.map(sentence).join(' ')

function sentence({ code, path, message }: ZodError['issues'][number]): string {
  if (code === 'unrecognized_keys') return message
  return `${path.length === 0 ? 'The input' : `'${path.map(String).join('.')}'`}: ${message.replace(/\.?$/, '.')}`
}
