import type { Dialect } from '../dialect.ts'
import { answer } from './answer.ts'
import { embeddings } from './embed.ts'
import { fault } from './fault.ts'
import { dialectId } from './id.ts'
import { path } from './path.ts'
import { request } from './request.ts'
import { withholds } from './stop.ts'
import { stream } from './stream.ts'

/** Google's API of Gemini, as it speaks for itself: `generateContent` and what belongs to it. */
export const geminiGenerate: Dialect = { id: dialectId, path, request, answer, stream, fault, withholds, embeddings }
