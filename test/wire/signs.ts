/** How each dialect says that a reply has begun, and why it stopped, in one of its JSON texts. */

// biome-ignore lint/suspicious/noExplicitAny: recordings of forty providers have no common type.
type Loose = any

export type Signs = {
  /** Whether a caller can use what it says. */
  readonly speaks: (chunk: Loose) => boolean
  readonly stop: (chunk: Loose) => string | undefined
}

const texts = (value: unknown): string => JSON.stringify(value ?? [])

const inChoices = ({ choices }: Loose): string => texts(choices)

const openai: Signs = {
  speaks: chunk => /"(?:content|reasoning_content|reasoning|text|refusal|arguments)":"[^"]/.test(inChoices(chunk)),
  stop: chunk => /"finish_reason":"([^"]+)"/.exec(inChoices(chunk))?.[1],
}

const responses: Signs = {
  speaks: ({ type }) => /\.delta$|^response\.output_item\.(?:added|done)$/.test(type ?? ''),
  stop({ type, response, ...whole }) {
    // A whole reply that goes on in the background is all that its request gets; in a stream more follows.
    if (type !== undefined && !/^response\.(?:completed|incomplete|failed|cancelled)$/.test(type)) return undefined
    const { status, incomplete_details: details } = response ?? whole
    return details?.reason ?? status
  },
}

const anthropic: Signs = {
  speaks: ({ delta, content_block: block }) =>
    Boolean(delta?.text || delta?.thinking || delta?.partial_json || /_(?:use|result)$/.test(block?.type ?? '')),
  stop: ({ delta, stop_reason: reason }) => delta?.stop_reason ?? reason ?? undefined,
}

const gemini: Signs = {
  speaks: ({ candidates }) => /"text":"[^"]|"(?:functionCall|inlineData|executableCode)":/.test(texts(candidates)),
  stop({ candidates = [], promptFeedback }) {
    const reasons = candidates.map((candidate: Loose) => candidate.finishReason)
    return reasons.find((reason: unknown) => typeof reason === 'string') ?? promptFeedback?.blockReason
  },
}

const signs: Readonly<Record<string, Signs>> = {
  'openai-chat': openai,
  'openai-responses': responses,
  'anthropic-messages': anthropic,
  'gemini-generate': gemini,
}

export function signsOf(dialect: string): Signs {
  const found = signs[dialect]
  if (!found) throw new Error(`No caller speaks ${dialect}.`)
  return found
}
