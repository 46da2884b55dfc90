import { afterAll, beforeAll, describe, expect, setDefaultTimeout, test } from 'bun:test'
import { startThalamus, type Thalamus } from '../fakes/thalamus.ts'
import { eventsOf, type Tongue, tongues } from '../fakes/tongues.ts'
import { events, scriptedUpstream, stream, type Upstream } from '../fakes/upstream.ts'

/** A provider may cut its text in the middle of a character: an emoji is two escapes in JSON. */

// Processes are started here, and a busy machine may take its time over that.
setDefaultTimeout(20_000)

let upstream: Upstream
let house: Thalamus
beforeAll(async () => {
  upstream = await scriptedUpstream()
  const models = { followed: { targets: ['a/m', 'b/m'], standby: true } }
  house = await startThalamus({
    config: { providers: { a: { base_url: upstream.url }, b: { base_url: upstream.url } }, models },
  })
})
afterAll(() => Promise.all([house?.stop(), upstream?.stop()]))

async function hear(tongue: Tongue, model: string) {
  const response = await fetch(house.url + tongue.path(model, true), {
    method: 'POST',
    headers: { ...tongue.headers, 'content-type': 'application/json', authorization: `Bearer ${house.key}` },
    body: JSON.stringify(tongue.body(model, true, { said: 'hi' })),
  })
  return eventsOf(tongue, new Uint8Array(await response.arrayBuffer()))
}

const others = tongues.filter(({ id }) => ['openai-responses', 'anthropic-messages', 'gemini-generate'].includes(id))

describe.each(others.map(each => [each.id, each] as const))('a caller of %s', (_, tongue) => {
  test.each(['a/m', 'followed'])('is told whole characters, whoever cut them (%s)', async model => {
    const pieces = ['a\ud83d', '\ude00', '\ud83d', '\ude01b'].map(events.says)
    upstream.play(stream(events.role, ...pieces, events.stop, events.done))
    const told = await hear(tongue, model)
    expect(tongue.hear(told).text).toBe('a😀😁b')
    expect(told.filter(({ data }) => /\\ud[89a-f]/i.test(data))).toEqual([])
  })

  test('is told half a character where the model ended with it', async () => {
    upstream.play(stream(events.role, events.says('a\ud83d'), events.stop, events.done))
    expect(tongue.hear(await hear(tongue, 'a/m')).text).toBe('a\ud83d')
  })
})
