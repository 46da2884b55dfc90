import { MODEL } from '../content.ts'
import { ASKED, SPOKEN } from '../dialects/all.ts'
import type { Asked } from '../dialects/dialect.ts'
import { type Gateway, withOpen } from '../house.ts'
import type { Ask } from '../requests.ts'
import { closed } from './closed.ts'
import { type Figure, figure, type Run } from './run.ts'

/**
 * Every dialect that callers speak over every dialect that providers speak: processor time of a request, and its ratio to
 * that of the same caller whose words go through as they are, measured directly before.
 */
export async function pairs(run: Run): Promise<readonly Figure[]> {
  const peers = run.peers.flatMap(peer => peer.configured?.(providers) ?? [])
  return withOpen(peers, run.mock.port, async gateways => {
    for (const kind of KINDS)
      for (const asked of ASKED) for (const gateway of gateways) await warm(run, gateway, kind, asked)
    const figures: Figure[] = []
    for (let round = 1; round <= run.settings.rounds; round += 1)
      for (const kind of KINDS)
        for (const asked of ASKED)
          for (const gateway of gateways) figures.push(...(await measure(run, gateway, { kind, asked, round })))
    return figures
  })
}

/** Each is a table of the report. */
export const KINDS = [
  { name: 'json', title: 'JSON 0.3 KB', most: 2, stream: false },
  { name: 'stream', title: 'stream of 18 words', most: 2.5, stream: true },
] as const

type Kind = (typeof KINDS)[number]

export const cpuOf = (kind: Kind, asked: string, spoken: string): string => `pair.${kind.name}.${asked}.${spoken}`
export const ratioOf = (kind: Kind, asked: string, spoken: string): string => `${cpuOf(kind, asked, spoken)}.ratio`

/** A provider for each dialect, by the dialect's name. */
const providers = (upstream: string) => ({
  providers: Object.fromEntries(
    SPOKEN.map(({ id, base }) => [id, { dialect: id, base_url: upstream + base, price: { input: 1, output: 2 } }]),
  ),
})

const askOf = ({ stream }: Kind, asked: Asked, spoken: string): Ask => ({
  model: MODEL,
  name: `${spoken}/${MODEL}`,
  stream,
  bytes: 300,
  in: asked,
})

async function warm(run: Run, gateway: Gateway, kind: Kind, asked: Asked): Promise<void> {
  const seconds = run.settings.warmSeconds / ASKED.length
  for (const { id } of SPOKEN) await closed(run, gateway, askOf(kind, asked, id), seconds)
}

type Case = { readonly kind: Kind; readonly asked: Asked; readonly round: number }

async function measure(run: Run, gateway: Gateway, { kind, asked, round }: Case): Promise<readonly Figure[]> {
  const { rounds, seconds } = run.settings
  const cpu = async (spoken: string): Promise<number> =>
    (await closed(run, gateway, askOf(kind, asked, spoken), seconds / 2)).cpuMicros
  const verbatim = await cpu(asked.id)
  const figures = [figure(gateway, cpuOf(kind, asked.id, asked.id), verbatim)]
  const told = [`itself ${verbatim.toFixed(0)} us`]
  for (const { id } of SPOKEN.filter(spoken => spoken.id !== asked.id)) {
    const micros = await cpu(id)
    told.push(`${id} ${(micros / verbatim).toFixed(2)} x`)
    figures.push(figure(gateway, cpuOf(kind, asked.id, id), micros))
    figures.push(figure(gateway, ratioOf(kind, asked.id, id), micros / verbatim))
  }
  run.say(`round ${round}/${rounds} · ${kind.title} · ${gateway.peer.name} · ${asked.id} over ${told.join(', ')}`)
  return figures
}
