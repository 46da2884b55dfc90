import { type Meaning, sourcesOf, usageOf } from '../meaning.ts'
import { type Loose, last, stopIn } from './loose.ts'

/** Where enumerations are asked for as numbers, 1 is STOP. */
const stops = {
  STOP: 'end',
  1: 'end',
  MAX_TOKENS: 'length',
  SAFETY: 'refused',
  PROHIBITED_CONTENT: 'refused',
  RECITATION: 'refused',
  BLOCKLIST: 'refused',
  IMAGE_SAFETY: 'refused',
  MODEL_ARMOR: 'refused',
} as const

export function readGemini(chunks: readonly Loose[]): Meaning {
  const candidates = chunks.flatMap(chunk => (chunk.candidates ?? []).filter((each: Loose) => (each.index ?? 0) === 0))
  const parts = candidates.flatMap(candidate => candidate.content?.parts ?? [])
  const tools = callsIn(parts.flatMap(part => part.functionCall ?? []))
  const blocked = chunks.some(chunk => chunk.promptFeedback?.blockReason)
  const stop = last(candidates.map(candidate => candidate.finishReason).filter(Boolean))
  return {
    text: parts.map(part => (part.thought ? '' : (part.text ?? ''))).join(''),
    thoughts: parts.map(part => (part.thought ? (part.text ?? '') : '')).join(''),
    images: parts.flatMap(({ inlineData: image }) => (image ? [`data:${image.mimeType};base64,${image.data}`] : [])),
    sources: sourcesOf(candidates.flatMap(citedIn)),
    tools,
    stop: blocked ? 'refused' : stopIn(stop, stops, tools.length > 0),
    usage: usageIn(last(chunks.map(chunk => chunk.usageMetadata).filter(Boolean))),
  }
}

/** The pages that something of the text rests on, and whole sources that were recited. */
function citedIn({ groundingMetadata: grounding, citationMetadata: recited }: Loose): readonly unknown[] {
  const supports = (grounding?.groundingSupports ?? []).flatMap((each: Loose) => each.groundingChunkIndices ?? [])
  const chunks = supports.map((index: number) => grounding.groundingChunks?.[index])
  const pages = chunks.map((chunk: Loose) => (chunk?.web ?? chunk?.retrievedContext)?.uri)
  return [...pages, ...(recited?.citationSources ?? recited?.citations ?? []).map((each: Loose) => each.uri)]
}

/** A report may be there that counts nothing. */
function usageIn(report: Loose): Meaning['usage'] {
  if (report?.promptTokenCount === undefined) return undefined
  return usageOf(
    report.promptTokenCount + (report.toolUsePromptTokenCount ?? 0),
    (report.candidatesTokenCount ?? 0) + (report.thoughtsTokenCount ?? 0),
  )
}

/** A call whose arguments come in pieces has its name in the first only. */
function callsIn(pieces: readonly Loose[]): Meaning['tools'] {
  const calls: { readonly name: string; input: Loose }[] = []
  for (const { name, args, partialArgs = [] } of pieces) {
    if (name) calls.push({ name, input: args ?? {} })
    const call = last(calls)
    for (const piece of partialArgs) if (call) call.input = withPiece(call.input, stepsOf(piece.jsonPath), piece)
  }
  return calls
}

/** `$.recipe.steps[0].text` → recipe, steps, 0, text. */
const stepsOf = (path: string): readonly string[] => path.match(/[^$.[\]]+/g) ?? []

/** Strings come in pieces, too. */
function withPiece(value: Loose, [step, ...more]: readonly string[], piece: Loose): Loose {
  if (step === undefined)
    return piece.stringValue === undefined
      ? (piece.numberValue ?? piece.boolValue ?? null)
      : (value ?? '') + piece.stringValue
  const inner = withPiece(value?.[step], more, piece)
  if (!/^\d+$/.test(step)) return { ...value, [step]: inner }
  const list = [...(value ?? [])]
  list[Number(step)] = inner
  return list
}
