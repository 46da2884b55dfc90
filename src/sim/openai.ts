/** What all of OpenAI's endpoints share: errors, headers, usage, and the framing of events. */

import { letters } from './chance.ts'
import type { Manners, Marked } from './dialect.ts'
import { duration, type Left } from './limits.ts'
import type { Refusal } from './refusal.ts'
import type { Usage } from './script.ts'
import { type Headers, type Step, send } from './steps.ts'

const errorBody = ({ message, type, param, code }: Refusal) => ({ error: { message, type, param, code } })

/** Laid out over lines, as the real API does. */
export const page = (body: unknown): string => `${JSON.stringify(body, null, 2)}\n`

export const event = (data: string): string => `data: ${data}\n\n`

export const done: Step = send('done', event('[DONE]'))

function openaiHeaders({ mark, ms, left }: Marked): Headers {
  return {
    'openai-organization': 'sim',
    'openai-processing-ms': String(Math.round(ms)),
    'openai-version': '2020-10-01',
    ...(left === undefined ? {} : limitHeaders(left)),
    'x-request-id': `req_${letters(mark, 32).toLowerCase()}`,
  }
}

const limitHeaders = ({ requests, tokens }: Left): Headers => ({
  'x-ratelimit-limit-requests': String(requests.limit),
  'x-ratelimit-limit-tokens': String(tokens.limit),
  'x-ratelimit-remaining-requests': String(requests.remaining),
  'x-ratelimit-remaining-tokens': String(tokens.remaining),
  'x-ratelimit-reset-requests': duration(requests.reset),
  'x-ratelimit-reset-tokens': duration(tokens.reset),
})

/** Of every endpoint. */
export const openai: Manners = {
  error: refusal => page(errorBody(refusal)),
  errorEvent: refusal => event(JSON.stringify(errorBody(refusal))),
  headers: openaiHeaders,
}

export function usageBody({ prompt, cached, completion, thinking }: Usage) {
  return {
    prompt_tokens: prompt,
    completion_tokens: completion,
    total_tokens: prompt + completion,
    prompt_tokens_details: { cached_tokens: cached, audio_tokens: 0 },
    completion_tokens_details: {
      reasoning_tokens: thinking,
      audio_tokens: 0,
      accepted_prediction_tokens: 0,
      rejected_prediction_tokens: 0,
    },
  }
}

/** The rows of several choices side by side, one step of each at a time. */
export function* interleave(rows: readonly Iterator<Step>[]): Generator<Step> {
  let open = rows
  while (open.length > 0) {
    const still: Iterator<Step>[] = []
    for (const row of open) {
      const { done, value } = row.next()
      if (done === true) continue
      yield value
      still.push(row)
    }
    open = still
  }
}
