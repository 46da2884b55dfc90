/** HTTP/1.1 replies as bytes, made once. */
export function sized(body: string, status = '200 OK'): Buffer {
  const head = `HTTP/1.1 ${status}\r\ncontent-type: application/json\r\nx-request-id: req_bench\r\n`
  return Buffer.from(`${head}content-length: ${Buffer.byteLength(body)}\r\n\r\n${body}`)
}

export const streamHead = (contentType: string): Buffer =>
  Buffer.from(
    `HTTP/1.1 200 OK\r\ncontent-type: ${contentType}\r\nx-request-id: req_bench\r\ntransfer-encoding: chunked\r\n\r\n`,
  )

export function chunk(frame: string | Uint8Array): Buffer {
  const bytes = Buffer.from(frame)
  return Buffer.concat([Buffer.from(`${bytes.length.toString(16)}\r\n`), bytes, Buffer.from('\r\n')])
}

export const LAST_CHUNK: Buffer = Buffer.from('0\r\n\r\n')
