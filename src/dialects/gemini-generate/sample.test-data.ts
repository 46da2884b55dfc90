import type { Making } from '../dialect.ts'

/** What a writer of replies is told, for a request that was a stream. */
export const making = (more: Partial<Making> = {}): Making => ({
  id: 'req-1',
  created: 1_780_000_000,
  maker: 'openai/gpt-5',
  call: { operation: 'chat', model: 'smart', stream: true, wantsUsage: true },
  body: {},
  ...more,
})

/** A stream that is to be one JSON array. */
export const inArray = (): Making =>
  making({ call: { operation: 'chat', model: 'smart', stream: true, wantsUsage: true, array: true } })

/** Whom a composed request is for. */
export const aimAt = (model: string) => ({ provider: 'google', model, quirks: {}, stream: false })

export const text = (bytes: Uint8Array): string => Buffer.from(bytes).toString()
