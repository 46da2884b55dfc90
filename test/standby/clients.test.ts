import { afterAll, beforeAll, expect, setDefaultTimeout, test } from 'bun:test'
import type { JsonObject } from '../../src/model/json.ts'
import { dialects, providersAt } from '../fakes/six.ts'
import { startThalamus, type Thalamus } from '../fakes/thalamus.ts'
import { head, type Script, scriptedUpstream, type Upstream } from '../fakes/upstream.ts'
import { type Client, clientsAt } from '../translation/clients.ts'
import { anchorIn } from './callers.ts'
import { framesOf } from './speakers.ts'

/** What the official clients make of a stream that breaks off and is gone on with, over any two dialects. */

// A process is started here, and a busy machine may take its time over that.
setDefaultTimeout(30_000)

const text =
  'Der Fuchs 🦊 springt über den faulen Hund, und dann schläft er – bis die „Sonne“ untergeht.\n\n```js\nx\n```\n'
const said = text.slice(0, 61)

const callers = ['openai-chat', 'openai-responses', 'anthropic-messages', 'gemini-generate']

let upstream: Upstream
let house: Thalamus
let clients: Readonly<Record<string, Client>>

beforeAll(async () => {
  upstream = await scriptedUpstream(script)
  const origin = new URL(upstream.url).origin
  const [first, second] = ['a', 'b'].map(name => {
    const at = providersAt(`${origin}/${name}`)
    return Object.fromEntries(
      dialects.map(each => [`${name}-${each}`, { ...at[each], price: { input: 1, output: 2 } }]),
    )
  })
  // Each has a model of its own: a target that breaks off again and again is not the first to be asked any more.
  const models = Object.fromEntries(
    callers.flatMap(caller =>
      dialects.flatMap(a =>
        dialects.map(b => [`${caller}.${a}.${b}`, { targets: [`a-${a}/m-${caller}-${b}`, `b-${b}/m`], standby: true }]),
      ),
    ),
  )
  house = await startThalamus({
    config: { providers: { ...first, ...second }, models },
    env: { PROVIDER_KEY: 'sk-of-the-providers' },
  })
  clients = clientsAt(house.url, house.key)
})
afterAll(() => Promise.all([house, upstream].map(each => each?.stop())))

/** Which dialect a provider speaks is told by where it is asked. */
const paths: readonly (readonly [RegExp, string])[] = [
  [/\/chat\/completions$/, 'openai-chat'],
  [/\/responses$/, 'openai-responses'],
  [/\/messages$/, 'anthropic-messages'],
  [/:streamGenerateContent/, 'gemini-generate'],
  [/\/converse-stream$/, 'bedrock-converse'],
  [/\/v2\/chat$/, 'cohere-chat'],
]

const script: Script = async ({ asked, write, end }) => {
  const dialect = paths.find(([path]) => path.test(asked.path))?.[1] ?? ''
  const anchor = anchorIn(JSON.parse(asked.body) as JsonObject) ?? ''
  const begins = asked.path.startsWith('/a/')
  const texts = begins ? (said.match(/[\s\S]{1,7}/g) ?? []) : [anchor, text.slice(said.length)]
  const { all, spoken, contentType } = framesOf(dialect, { texts, usage: { input: 30, output: 20 } })
  await write(head({ headers: { 'content-type': contentType, connection: 'close' } }))
  for (const frame of begins ? all.slice(0, spoken) : all) await write(frame)
  end()
}

const pairs = callers.flatMap(caller => dialects.map(first => [caller, first] as const))

test.each(pairs)('the client of %s, of a stream of %s that anybody goes on with', async (caller, first) => {
  for (const second of dialects) {
    const heard = await clients[caller]?.ask({ model: `${caller}.${first}.${second}`, stream: true })
    expect({ second, ...heard }).toMatchObject({ second, text, stop: 'end', usage: { input: 30, output: 20 } })
  }
})
