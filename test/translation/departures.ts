import type { Exchange } from './exchanges.ts'
import type { Meaning, ToolCall } from './meaning.ts'

/** A reply of which a client's dialect cannot say all: what its client understands instead, and why. */
export type Departure = {
  readonly why: string
  readonly clients: readonly string[]
  /** What is understood instead of what is due; undefined where the reply is none of these. */
  readonly instead: (due: Meaning, exchange: Exchange) => Meaning | undefined
}

const chat = 'openai-chat'
const responses = 'openai-responses'
const anthropic = 'anthropic-messages'
const gemini = 'gemini-generate'

/** Arguments that are no JSON: the reply was cut off in the middle of them. */
export const isCut = ({ input, custom }: ToolCall): boolean => typeof input === 'string' && !custom

/** All departures that are known. Whatever departs otherwise, or does not depart any more, fails the tests. */
export const departures: readonly Departure[] = [
  {
    why: "A call that a program of the model's made (programmatic tool calling) is answered with the program's id, for which only the Responses API has a place: it goes along sealed, with the program. Nobody else can ask for such programs.",
    clients: [chat, anthropic, gemini],
    instead: (due, { bytes }) =>
      /"caller": ?\{"type": ?"program"/.test(bytes.toString()) ? { ...due, tools: [], stop: 'end' } : undefined,
  },
  {
    why: 'A reply that tells no reason why it stopped is told with the reason of one that had said all: the dialect demands one.',
    clients: [chat, responses, anthropic, gemini],
    instead: due => (due.stop === 'untold' ? { ...due, stop: due.tools.length > 0 ? 'tools' : 'end' } : undefined),
  },
  {
    why: 'A reason without a word in the dialect (no picture was made, nothing was heard) is told as that of one that had said all.',
    clients: [chat, responses, anthropic],
    instead: due => (due.stop === 'other' ? { ...due, stop: 'end' } : undefined),
  },
  {
    why: 'Usage that was never told is 0: the dialect demands a number.',
    clients: [anthropic],
    instead: due => (due.usage ? undefined : { ...due, usage: { input: 0, output: 0 } }),
  },
  {
    why: 'A picture that the model made is told in Markdown: a reply has no block for it. In all recordings it comes before the text.',
    clients: [anthropic],
    instead: due =>
      due.images.length === 0
        ? undefined
        : { ...due, images: [], text: due.images.map(url => `![image](${url})`).join('') + due.text },
  },
  {
    why: "A custom tool's free text is the argument `input` of a function: the dialect has no custom tools.",
    clients: [anthropic, gemini],
    instead: due =>
      withCalls(
        due,
        ({ custom }) => custom === true,
        ({ name, input }) => [{ name, input: { input } }],
      ),
  },
  {
    why: 'Arguments that were cut off are text under the name `invalid_json`: they have to be an object.',
    clients: [anthropic],
    instead: (due, { streamed }) =>
      streamed ? undefined : withCalls(due, isCut, ({ name, input }) => [{ name, input: { invalid_json: input } }]),
  },
  {
    why: 'Arguments that were cut off in a stream are told as they came; its client drops the value in which they end.',
    clients: [anthropic],
    instead: (due, { streamed }) => (streamed ? withCalls(due, isCut, ({ name }) => [{ name, input: {} }]) : undefined),
  },
  {
    why: 'A call whose arguments were cut off is not told, but that the reply was cut off is: arguments have to be an object, and nobody may execute a part of what was meant.',
    clients: [gemini],
    instead: due => withCalls(due, isCut, () => []),
  },
]

function withCalls(
  due: Meaning,
  are: (call: ToolCall) => boolean,
  instead: (call: ToolCall) => readonly ToolCall[],
): Meaning | undefined {
  if (!due.tools.some(are)) return undefined
  return { ...due, tools: due.tools.flatMap(call => (are(call) ? instead(call) : [call])) }
}

/** What a client of this dialect has to understand, and which departures that takes. */
export function understoodBy(caller: string, exchange: Exchange, due: Meaning) {
  const taken: Departure[] = []
  let meaning = due
  for (const departure of departures.filter(({ clients }) => clients.includes(caller))) {
    const instead = departure.instead(meaning, exchange)
    if (instead) taken.push(departure)
    meaning = instead ?? meaning
  }
  return { meaning, taken }
}
