import type { OpenAPIHono } from '@hono/zod-openapi'
import type { LedgerReader } from '../ports/ledger.ts'
import { listRequests, showRequest } from './contract.ts'
import { explainedRow, requestRow } from './rows.ts'

/** What was asked, from the ledger. */
export function serveRequests(app: OpenAPIHono, reader: LedgerReader): void {
  app.openapi(listRequests, async c => {
    const { records, next } = await reader.page(c.req.valid('query'))
    const page = { data: records.map(requestRow), has_more: next !== undefined, next_cursor: next ?? null }
    return c.json({ object: 'list' as const, ...page }, 200)
  })

  app.openapi(showRequest, async c => {
    const record = await reader.find(c.req.valid('param').id)
    if (record !== undefined) return c.json(explainedRow(record), 200)
    const message = 'There is no request of this id. A row is written when its request is over.'
    return c.json({ error: { message, code: 'not_found' } }, 404)
  })
}
