import type { z } from 'zod'
import type { explainedShape, requestShape } from '../../src/admin/contract.ts'
import type { Thalamus } from './thalamus.ts'

/** What an operator can see of the requests: the ledger by the admin API, the figures by /metrics. */

export type Row = z.infer<typeof requestShape>
export type Explained = z.infer<typeof explainedShape>

type Admin = Pick<Thalamus, 'adminUrl' | 'adminToken'>

/** A row is written before a reply's last byte, but one of a caller that left only when that was noticed. */
const patienceMs = 5_000

const get = ({ adminUrl, adminToken }: Admin, path: string): Promise<Response> =>
  fetch(`${adminUrl}${path}`, { headers: { authorization: `Bearer ${adminToken}` } })

/** Every row of the ledger, newest first. */
export const rows = async (admin: Admin): Promise<Row[]> => (await Array.fromAsync(pages(admin))).flat()

/** The ledger page by page, newest first: for whoever does not want all of it. */
export async function* pages(admin: Admin): AsyncGenerator<readonly Row[]> {
  for (let cursor: string | null = ''; cursor !== null; ) {
    const response = await get(admin, `/admin/v1/requests?limit=200${cursor && `&cursor=${cursor}`}`)
    if (response.status !== 200) throw new Error(`The ledger answered ${response.status}: ${await response.text()}`)
    const page = (await response.json()) as { readonly data: Row[]; readonly next_cursor: string | null }
    yield page.data
    cursor = page.next_cursor
  }
}

/** The row of a request, explained. */
export async function rowOf(admin: Admin, id: string): Promise<Explained> {
  const response = await get(admin, `/admin/v1/requests/${encodeURIComponent(id)}`)
  if (response.status !== 200) throw new Error(`There is no row ${id}: ${response.status} ${await response.text()}`)
  return (await response.json()) as Explained
}

/** The figures whose name and labels these are, summed. */
export async function metric({ adminUrl }: Admin, name: string, labels: readonly string[] = []): Promise<number> {
  const text = await (await fetch(`${adminUrl}/metrics`)).text()
  return text
    .split('\n')
    .filter(line => line.startsWith(`${name}{`) || line.startsWith(`${name} `))
    .filter(line => labels.every(label => line.includes(label)))
    .reduce((sum, line) => sum + Number(line.slice(line.lastIndexOf(' ') + 1)), 0)
}

/** Resolves once nothing is on its way any more: then every row is written. */
export const settled = (admin: Admin): Promise<number> =>
  eventually(
    () => metric(admin, 'thalamus_in_flight'),
    count => count === 0,
  )

/** The first answer that will do, asked for again and again until patience is at its end. */
export async function eventually<Value>(
  ask: () => Promise<Value>,
  will: (value: Value) => boolean,
  ms = patienceMs,
): Promise<Value> {
  const end = performance.now() + ms
  for (;;) {
    const value = await ask()
    if (will(value)) return value
    if (performance.now() > end) throw new Error(`It stayed ${JSON.stringify(value)?.slice(0, 2000)}`)
    await Bun.sleep(5)
  }
}
