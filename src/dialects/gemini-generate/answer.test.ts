import { describe, expect, test } from 'bun:test'
import type { Answer } from '../../model/answer.ts'
import { Fault } from '../../model/fault.ts'
import type { JsonObject } from '../../model/json.ts'
import { answer } from './answer.ts'
import { making } from './sample.test-data.ts'

const read = (body: JsonObject): Answer => answer.read(body, JSON.stringify(body), 'google/g')

describe('a whole reply is read', () => {
  test('part by part: texts that follow each other are not joined', () => {
    const content = { parts: [{ text: 'a' }, { text: 'b' }, { text: 'c', thought: true }], role: 'model' }
    expect(read({ candidates: [{ content, finishReason: 'STOP' }], responseId: 'r', modelVersion: 'm' })).toEqual({
      id: 'r',
      model: 'm',
      choices: [
        {
          parts: [
            { type: 'text', text: 'a' },
            { type: 'text', text: 'b' },
            { type: 'reasoning', text: 'c' },
          ],
          stop: { reason: 'end', raw: 'STOP' },
        },
      ],
    })
  })

  test('to its error, where there is one in a 200', () => {
    const body = { error: { code: 429, message: 'm', status: 'RESOURCE_EXHAUSTED' } }
    expect(() => read(body)).toThrow(expect.objectContaining({ code: 'rate_limited', status: 429 }))
    expect(() => read({ candidates: 'x' })).toThrow(Fault)
  })
})

test('a citation whose numbers are none is left out, and the reply is read', () => {
  const odd = { toString: false }
  const body = {
    candidates: [
      {
        content: { parts: [{ text: 'Yes.' }], role: 'model' },
        finishReason: 'STOP',
        groundingMetadata: {
          groundingChunks: [{ web: { uri: 'https://x.test' } }],
          groundingSupports: [
            { segment: { startIndex: odd, endIndex: odd }, groundingChunkIndices: [odd, 0] },
            { segment: { endIndex: 4 }, groundingChunkIndices: [odd] },
          ],
        },
      },
    ],
  }
  const [choice] = read(body).choices
  expect(choice?.parts).toMatchObject([{ type: 'text', text: 'Yes.', citations: [{ url: 'https://x.test' }] }])
})

describe('a whole reply is written', () => {
  test('with what the model said in other dialects: refusals, transcripts, broken calls', () => {
    const said: Answer = {
      choices: [
        {
          parts: [
            { type: 'refusal', text: 'no' },
            {
              type: 'media',
              kind: 'audio',
              source: { from: 'data', mediaType: 'audio/wav', data: 'aa' },
              transcript: 'hi',
            },
            { type: 'tool-call', id: 'a', name: 'f', input: '[1' },
          ],
          stop: { reason: 'tools', raw: 'tool_calls' },
        },
        { parts: [], stop: { reason: 'refused' } },
      ],
    }
    expect(answer.write(said, making())).toEqual({
      candidates: [
        {
          content: {
            parts: [{ text: 'no' }, { inlineData: { mimeType: 'audio/wav', data: 'aa' } }, { text: 'hi' }],
            role: 'model',
          },
          finishReason: 'MALFORMED_FUNCTION_CALL',
          finishMessage: 'Malformed function call: [1',
          index: 0,
        },
        { content: { parts: [{ text: '' }], role: 'model' }, finishReason: 'SAFETY', index: 1 },
      ],
      modelVersion: 'gpt-5',
      responseId: 'req-1',
    })
  })

  test('with what its parts may hold: arguments that are null, pages and files that are cited, and a reason in any case', () => {
    const citations = [{ url: 'https://x.test' }, { url: 'https://x.test', quoted: 'q' }, { fileId: 'f', title: 't' }]
    const parts: Answer['choices'][number]['parts'] = [
      { type: 'tool-call', id: 'a', name: 'f', input: 'null' },
      { type: 'text', text: 'Yes.', citations },
    ]
    expect(answer.write({ choices: [{ parts }] }, making()).candidates).toMatchObject([
      {
        content: { parts: [{ functionCall: { id: 'a', name: 'f', args: {} } }, { text: 'Yes.' }] },
        finishReason: 'STOP',
        groundingMetadata: {
          groundingChunks: [
            { web: { uri: 'https://x.test' } },
            { retrievedContext: { uri: 'https://x.test', text: 'q' } },
            { retrievedContext: { uri: 'f', title: 't' } },
          ],
        },
      },
    ])
  })

  test('without candidates, where Google blocked the prompt', () => {
    const body = { promptFeedback: { blockReason: 'SAFETY' }, responseId: 'r', modelVersion: 'm' }
    expect(answer.write(read(body), making())).toEqual(body)
  })

  test('as a count, where tokens were counted', () => {
    expect(answer.count?.(5)).toEqual({ totalTokens: 5 })
  })
})
