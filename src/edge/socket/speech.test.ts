import { describe, expect, test } from 'bun:test'
import { Fault } from '../../model/fault.ts'
import { readSpeech } from './speech.ts'

describe('a message on a socket', () => {
  const said: readonly (readonly [string, string, string])[] = [
    ['is a request, streamed unless it says otherwise', '{"model":"m"}', '{"model":"m","stream":true}'],
    ['keeps what it says of streaming', '{"model":"m", "stream":false}', '{"model":"m", "stream":false}'],
    ['keeps its spelling', '{ "seed": 1e2, "model":"m"}', '{ "seed": 1e2, "model":"m","stream":true}'],
    ['may be an event of Responses', '{"type":"response.create","input":"hi"}', '{"input":"hi","stream":true}'],
    ['may hold its request', '{"type":"response.create","response":{"input":"hi"}}', '{"input":"hi","stream":true}'],
    ['that names a field twice is for the line to refuse', '{"model":"m","model":"n"}', '{"model":"m","model":"n"}'],
  ]
  test.each([...said])('%s', (_, text, body) => expect(readSpeech(text)).toEqual({ type: 'request', body }))

  test.each(['{"type":"cancel"}', '{"type":"response.cancel","event_id":"1"}'])('%s stops a reply', text =>
    expect(readSpeech(text)).toEqual({ type: 'cancel' }),
  )

  test.each(['', 'hello', '[]', '1', '{"type":"session.update"}', '{"type":7}'])('%p is refused', text =>
    expect(() => readSpeech(text)).toThrow(Fault),
  )
})
