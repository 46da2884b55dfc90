import { eventsIn, FrameCutter } from '../../lib/sse.ts'
import { Fault } from '../../model/fault.ts'
import { readSpeech } from './speech.ts'

/** How many requests may wait behind the one that is being answered. */
const mostWaiting = 64

/** What a conversation needs of its socket and of the house. */
export type Line = {
  /** Sends one message; false if the socket is full and must drain first. */
  send(text: string): boolean
  /** Resolves when what was sent has drained, or the socket is closed. */
  drained(): Promise<void>
  /** Answers one request as over HTTP. Never rejects. */
  answer(body: string, signal: AbortSignal): Promise<Response>
  /** A fault as a message of the dialect. */
  tell(fault: Fault): string
  /** Closes the socket from this side. */
  hangUp(): void
  /** What has to follow the last message of a stream: over HTTP the body ends, and here nothing does. */
  closing(last: string): string | undefined
}

/** A message is a text, so what is no UTF-8 cannot be handed on as it came. */
function readable(frames: Uint8Array): Uint8Array {
  const text = lenient.decode(frames)
  return text.includes('\uFFFD') ? encoder.encode(text) : frames
}

const lenient = new TextDecoder()
const encoder = new TextEncoder()

/**
 * One socket: requests are answered one after the other, in the order in which they came, each as a stream of messages.
 * The next part of a reply is asked for only when the socket has taken the last, so a slow reader slows its provider.
 */
export class Conversation {
  readonly #line: Line
  readonly #waiting: string[] = []
  #current: AbortController | undefined
  #closed = false
  #leaving = false

  constructor(line: Line) {
    this.#line = line
  }

  /** A message has come. */
  hear(text: string): void {
    try {
      const speech = readSpeech(text)
      if (speech.type === 'cancel') this.#current?.abort()
      else this.#enqueue(speech.body)
    } catch (error) {
      this.#line.send(this.#line.tell(Fault.from(error)))
    }
  }

  /** The socket is closed: what is under way stops, what waits is forgotten. */
  close(): void {
    this.#closed = true
    this.#waiting.length = 0
    this.#current?.abort()
  }

  /** This side goes away: what was asked is still answered, and then the socket is closed. */
  leave(): void {
    this.#leaving = true
    if (!this.#current) this.#line.hangUp()
  }

  #enqueue(body: string): void {
    if (this.#leaving) throw new Fault('overloaded', 'This instance is going away: open a new connection.')
    if (this.#waiting.length >= mostWaiting)
      throw new Fault('overloaded', `More than ${mostWaiting} requests wait on this connection: wait for replies.`)
    this.#waiting.push(body)
    if (!this.#current) void this.#answerAll()
  }

  async #answerAll(): Promise<void> {
    for (let body = this.#waiting.shift(); body !== undefined; body = this.#waiting.shift()) {
      this.#current = new AbortController()
      const response = await this.#line.answer(body, this.#current.signal)
      await this.#repeat(response).catch(error => this.#broke(error))
      this.#current = undefined
    }
    if (this.#leaving) this.#line.hangUp()
  }

  async #repeat(response: Response): Promise<void> {
    if (!response.headers.get('content-type')?.startsWith('text/event-stream')) {
      await this.#say(await response.text())
      return
    }
    const cutter = new FrameCutter()
    let last = ''
    const sayAll = async (frames: Uint8Array): Promise<void> => {
      for (const { data } of eventsIn(readable(frames))) {
        last = data
        await this.#say(data)
      }
    }
    for await (const read of response.body ?? []) await sayAll(cutter.push(read))
    await sayAll(cutter.end())
    const closing = this.#line.closing(last)
    if (closing !== undefined) await this.#say(closing)
  }

  async #say(text: string): Promise<void> {
    if (this.#closed) throw new Fault('client_closed', 'The caller left.')
    if (!this.#line.send(text)) await this.#line.drained()
  }

  /** A reply that was cancelled ends in the middle; the caller knows, and is told so. */
  #broke(error: unknown): void {
    const cancelled = this.#current?.signal.aborted
    const fault = cancelled ? new Fault('client_closed', 'The reply was cancelled.') : Fault.from(error)
    if (!this.#closed) this.#line.send(this.#line.tell(fault))
  }
}
