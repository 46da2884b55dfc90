import { describe, expect, test } from 'bun:test'
import type { Chat } from '../../model/chat.ts'
import { Fault } from '../../model/fault.ts'
import type { MediaPart } from '../../model/part.ts'
import { type FetchFile, namesFiles, withFiles } from './files.ts'

const signal = new AbortController().signal
const image = (url: string, at: string): MediaPart => ({
  type: 'media',
  kind: 'image',
  at,
  source: { from: 'url', url },
})
const chatOf = (...parts: Chat['messages'][number]['parts']): Chat => ({
  messages: [{ role: 'user', parts }],
  tools: [],
  extras: { dialect: 'd', fields: {} },
})
const none = (): boolean => false
const cat: FetchFile = async url => ({ mediaType: 'image/png', bytes: Buffer.from(url) })
const dataOf = (url: string) => ({
  from: 'data' as const,
  mediaType: 'image/png',
  data: Buffer.from(url).toString('base64'),
})

describe('files that are named by URL', () => {
  const chat = chatOf({ type: 'text', text: 'look' }, image('http://a', 'm[0]'), {
    type: 'tool-result',
    call: 'c',
    parts: [image('http://b', 'm[1]')],
  })

  test('are fetched, in tool results too, and stand where their URLs stood', async () => {
    const whole = await withFiles(chat, none, cat, signal)
    expect(whole.messages[0]?.parts).toEqual([
      { type: 'text', text: 'look' },
      { ...image('http://a', 'm[0]'), source: dataOf('http://a') },
      { type: 'tool-result', call: 'c', parts: [{ ...image('http://b', 'm[1]'), source: dataOf('http://b') }] },
    ])
  })

  test('stay where the provider fetches that kind itself', () => {
    expect(namesFiles(chat, none)).toBe(true)
    expect(namesFiles(chat, kind => kind === 'image')).toBe(false)
    expect(namesFiles(chatOf({ type: 'text', text: 'http://a' }), none)).toBe(false)
  })

  const failing: readonly (readonly [string, FetchFile, string])[] = [
    ['does not come', () => Promise.reject(new Error('its host has no address')), 'its host has no address'],
    ['is a page', async () => ({ mediaType: 'text/html', bytes: Buffer.from('') }), 'it is text/html'],
    ['is of no known type', async () => ({ mediaType: '', bytes: Buffer.from('') }), 'it is of no known type'],
  ]
  test.each([...failing])('one that %s is refused, with its place and why', async (_, fetchFile, why) => {
    const error = await withFiles(chatOf(image('http://a', 'messages[0].content[1]')), none, fetchFile, signal).catch(
      error => error,
    )
    expect(error).toBeInstanceOf(Fault)
    expect([error.code, error.param]).toEqual(['invalid_request', 'messages[0].content[1]'])
    expect(error.message).toContain(`messages[0].content[1] could not be fetched from its URL: ${why}.`)
  })

  test('are not fetched without end', async () => {
    const many = Array.from({ length: 33 }, (_, n) => image(`http://${n}`, `${n}`))
    expect(withFiles(chatOf(...many), none, cat, signal)).rejects.toThrow('at most 32 are fetched')
  })

  test('are not missed by a caller who has left: that is not the file’s fault', async () => {
    const left = AbortSignal.abort(new Error('left'))
    const aborted: FetchFile = () => Promise.reject(new Error('aborted'))
    expect(withFiles(chatOf(image('http://a', 'x')), none, aborted, left)).rejects.toThrow('aborted')
  })
})
