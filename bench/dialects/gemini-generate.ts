import { MODEL, USED } from '../content.ts'
import { type Asked, at, dataFrame, type Frames, type Spoken, sse, type Turn } from './dialect.ts'

/** Google's generateContent: each chunk of a stream is a reply in itself, and nothing closes it but the reason to stop. */
export const geminiGenerate: Spoken & Asked = {
  id: 'gemini-generate',
  base: '/v1beta',
  answersAt: path => /^\/v1beta\/models\/.+:(?:generate|streamGenerate)Content/.test(path),
  streams: path => path.includes(':streamGenerateContent'),
  contentType: sse,
  whole: text => replyOf(text, 'STOP'),
  frames,
  path: (model, stream) => `/v1beta/models/${model}:${stream ? 'streamGenerateContent?alt=sse' : 'generateContent'}`,
  body: ({ turns, maxTokens }) => ({
    contents: turns.map(contentOf),
    generationConfig: { maxOutputTokens: maxTokens },
  }),
  text: reply => at(reply, 'candidates', 0, 'content', 'parts', 0, 'text'),
  tells: 1,
  ends: /"finishReason":"STOP"[^\n]*\r?\n\r?\n$/,
}

const contentOf = ({ by, text }: Turn) => ({ role: by, parts: [{ text }] })

const replyOf = (text: string, finishReason?: string) => ({
  candidates: [{ content: { parts: [{ text }], role: 'model' }, ...(finishReason ? { finishReason } : {}), index: 0 }],
  usageMetadata: {
    promptTokenCount: USED.input,
    candidatesTokenCount: USED.output,
    totalTokenCount: USED.input + USED.output,
    promptTokensDetails: [{ modality: 'TEXT', tokenCount: USED.input }],
  },
  modelVersion: MODEL,
  responseId: 'bench000000000000000',
})

function frames(words: readonly string[]): Frames {
  return {
    opening: [],
    words: words.map(text => dataFrame(replyOf(text))),
    closing: [dataFrame(replyOf('', 'STOP'))],
  }
}
