import type { JsonObject } from '../../model/json.ts'
import type { MediaPart } from '../../model/part.ts'
import { refuse } from '../check.ts'

/** What a document's id begins with that we gave it: its place among the request's documents follows. */
const start = 'doc:'

export const documentId = (place: number): string => `${start}${place}`

/** The place of a document that a citation names, if it is one of the request's. */
export function placeOf(id: string): number | undefined {
  const place = id.startsWith(start) ? Number(id.slice(start.length)) : Number.NaN
  return Number.isInteger(place) ? place : undefined
}

/** A document as Cohere takes it: fields of text, whose names the model sees too. */
export function documentData(part: MediaPart): JsonObject {
  const { title, context } = part
  return {
    ...(title === undefined ? {} : { title }),
    ...(context === undefined ? {} : { context }),
    text: textOf(part),
  }
}

const textual = /^(?:text\/.*|application\/(?:json|xml|yaml|javascript))$/

function textOf({ source, at }: MediaPart): string {
  if (source.from === 'text') return source.text
  const type = source.mediaType?.split(';')[0]?.trim().toLowerCase() ?? ''
  if (source.from === 'data' && textual.test(type)) return Buffer.from(source.data, 'base64').toString()
  throw refuse(at, 'Cohere reads documents of plain text only. Send the words of this one.')
}
