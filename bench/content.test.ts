import { expect, test } from 'bun:test'
import { filler, MODEL, pacedModel, paceOf, stampIn, stampNow, textOf } from './content.ts'

test('a text has exactly as many bytes as it is asked for', () => {
  for (const length of [0, 1, 85, 86, 10_000])
    expect(Buffer.byteLength(JSON.stringify(filler(length)))).toBe(length + 2)
})

test('a model that is not listed says as much as the first', () => {
  expect(textOf(`${MODEL}-paced-1`)).toBe(textOf(MODEL))
  expect(textOf(MODEL)).not.toBe(textOf(`${MODEL}-10k`))
})

test('a stamp is read back to the microsecond and always has the same width', () => {
  const stamp = stampNow()
  expect(stampIn(`data: {"content":"${stamp} word-0"}`)).toBe(Number(stamp.slice(1, -1)))
  expect(stamp).toHaveLength(19)
  expect(stampIn('data: {}')).toBeUndefined()
})

test('the pace stands in the name of the model, and only there', () => {
  expect(paceOf(pacedModel(250))).toBe(250)
  expect(paceOf(`${pacedModel(5)}-dies`)).toBe(5)
  expect(paceOf(MODEL)).toBeUndefined()
})
