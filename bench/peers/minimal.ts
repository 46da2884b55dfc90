/**
 * The least that a gateway on this runtime can do: parse the request, forward it, parse a JSON reply, hand a stream on
 * untouched. No keys, no limits, no log. What Thalamus costs beyond it is what its work costs.
 */
const [port, upstream] = process.argv.slice(2)

Bun.serve({
  hostname: '127.0.0.1',
  port: Number(port),
  idleTimeout: 0,
  fetch: relay,
})

async function relay(request: Request): Promise<Response> {
  const text = await request.text()
  const asked = JSON.parse(text) as { readonly stream?: boolean }
  const reply = await fetch(upstream + new URL(request.url).pathname, {
    method: 'POST',
    headers: { 'content-type': 'application/json', authorization: request.headers.get('authorization') ?? '' },
    body: text,
  })
  return asked.stream === true ? streamOn(reply) : readWhole(reply)
}

function streamOn(reply: Response): Response {
  return new Response(reply.body, { status: reply.status, headers: { 'content-type': 'text/event-stream' } })
}

async function readWhole(reply: Response): Promise<Response> {
  const text = await reply.text()
  JSON.parse(text)
  return new Response(text, { status: reply.status, headers: { 'content-type': 'application/json' } })
}
