import type { MediaSource } from '../model/part.ts'
import { invalid, isBase64 } from './check.ts'

/** URLs that are the thing itself. */

const dataUrl = /^data:([^;,]*)((?:;[^;,]*)*),/

/** A URL, or what a data URL holds; undefined if it is neither. */
export function sourceOf(url: string): MediaSource | undefined {
  const found = dataUrl.exec(url)
  if (found) {
    const [head, mediaType = '', parameters = ''] = found
    const data = url.slice(head.length)
    if (parameters.endsWith(';base64')) return isBase64(data) ? { from: 'data', mediaType, data } : undefined
    return { from: 'data', mediaType: mediaType || 'text/plain', data: Buffer.from(unescaped(data)).toString('base64') }
  }
  return /^[a-z][a-z\d+.-]*:\/\//i.test(url) ? { from: 'url', url } : undefined
}

function unescaped(data: string): string {
  try {
    return decodeURIComponent(data)
  } catch {
    // A stray percent sign: the text is meant as it stands.
    return data
  }
}

export const toDataUrl = (mediaType: string, data: string): string => `data:${mediaType};base64,${data}`

/** What a URL of a request's stands for, at its place. */
export function sourceAt(url: string, at: string): MediaSource {
  const source = sourceOf(url)
  if (source) return source
  throw invalid(at, 'must be a URL, or a data URL in base64', url)
}
