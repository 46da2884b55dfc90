import { type Sim, type SimOptions, startSim } from '../../src/sim/sim.ts'
import { type StartOptions, startThalamus, type Thalamus } from './thalamus.ts'

/**
 * The relay in front of a provider of each dialect. A provider is called as its dialect is, so `cohere-chat/echo` is the
 * model `echo` where only Cohere's dialect is understood; all of them are one sim.
 */
export type Six = {
  readonly house: Thalamus
  readonly sim: Sim
  /** What the providers were asked since they were last looked at, oldest first. */
  heard(): Promise<readonly Heard[]>
  stop(): Promise<unknown>
}

export type Heard = {
  readonly path: string
  readonly headers: Readonly<Record<string, string>>
  readonly body: string
}

/** What stands before the paths of each dialect. */
const beginnings = {
  'openai-chat': '/v1',
  'openai-responses': '/v1',
  'anthropic-messages': '/v1',
  'gemini-generate': '/v1beta',
  'bedrock-converse': '',
  'cohere-chat': '/v2',
} as const

export type DialectId = keyof typeof beginnings

export const dialects = Object.keys(beginnings) as readonly DialectId[]

/** The dialects that callers speak. */
export const callers = ['openai-chat', 'openai-responses', 'anthropic-messages', 'gemini-generate'] as const

export const providerKey = 'sk-of-the-providers-0001'

/** A provider of each dialect at one place, as the config writes them; the key's secret is in PROVIDER_KEY. */
export const providersAt = (origin: string): Record<DialectId, object> =>
  Object.fromEntries(
    Object.entries(beginnings).map(([dialect, path]) => [
      dialect,
      { dialect, base_url: origin + path, keys: ['env:PROVIDER_KEY'] },
    ]),
  ) as Record<DialectId, object>

type Options = { readonly config?: object; readonly env?: StartOptions['env']; readonly sim?: SimOptions }

export async function startSix({ config = {}, env, sim: options }: Options = {}): Promise<Six> {
  const sim = startSim(options)
  try {
    const { providers, ...rest } = config as { readonly providers?: object }
    const house = await startThalamus({
      config: { ...rest, providers: { ...providersAt(sim.origin), ...providers } },
      env: { PROVIDER_KEY: providerKey, ...env },
    })
    return { house, sim, heard: () => heard(sim), stop: () => Promise.all([house.stop(), sim.stop()]) }
  } catch (error) {
    await sim.stop()
    throw error
  }
}

async function heard(sim: Sim): Promise<readonly Heard[]> {
  const at = new URL('/sim/requests', sim.origin)
  const all = (await (await fetch(at)).json()) as readonly Heard[]
  await fetch(at, { method: 'DELETE' })
  return all
}
