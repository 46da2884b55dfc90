import { Fault } from '../../model/fault.ts'

/** What Cohere cannot be told, and the request cannot do without. */
export const refuse = (param: string | undefined, sentence: string): Fault =>
  new Fault('invalid_request', sentence, param === undefined ? {} : { param })
