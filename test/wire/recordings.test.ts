import { expect, test } from 'bun:test'
import { ownRecordings } from './recording.ts'
import { wireSuite } from './suite.ts'

const recordings = ownRecordings()

wireSuite('our own recordings', recordings)

test('our own recordings keep the line ends that they were written with', () => {
  const crlf = recordings.filter(({ bytes }) => bytes.includes('\r\n')).map(({ id }) => id)
  expect(crlf.sort()).toEqual(['chat-odd-numbers', 'crlf-usage-null', 'perplexity-no-done'])
})
