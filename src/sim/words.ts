/**
 * Tokens and text. The sim's tokenizer is its own: a token is up to six letters, up to three digits or up to two other
 * signs, each with the one space before it, or a run of up to four blanks. English comes out at about four characters a
 * token. Put together again, the tokens of a text are the text.
 */

import { mix } from './chance.ts'

const token = / ?[\p{L}\p{M}]{1,6}| ?\p{N}{1,3}| ?[^\s\p{L}\p{M}\p{N}]{1,2}|\s{1,4}/gu

/** The tokens of a text, cut only as they are asked for. */
export function* tokens(text: string): Generator<string> {
  for (const [piece] of text.matchAll(token)) yield piece
}

export function count(text: string): number {
  let total = 0
  // Not `match`: a text of megabytes would become a list of as many strings.
  while (token.test(text)) total++
  return total
}

/** The first `limit` tokens of a text. */
export function first(text: string, limit: number): string {
  let end = 0
  let taken = 0
  for (const piece of tokens(text)) {
    if (taken++ >= limit) return text.slice(0, end)
    end += piece.length
  }
  return text
}

/** Words of at most six letters, so that each is one token. */
const vocabulary =
  'ipsum dolor sit amet elit sed do tempor ut labore et dolore magna aliqua enim ad minim veniam quis nisi ex ea duis aute irure in velit esse cillum eu fugiat nulla sint non sunt culpa qui mollit anim id est'.split(
    ' ',
  )

/** Eleven words and a full stop: twelve tokens. */
const sentence = 12

/** Lorem ipsum of exactly so many tokens; the same seed gives the same text. */
export function lorem(size: number, seed = 0): string {
  const pieces: string[] = []
  for (let i = 0; i < size; i++) pieces.push(loremToken(i, seed))
  return pieces.join('')
}

/** Lorem ipsum of exactly so many bytes. */
export function loremBytes(size: number, seed = 0): string {
  const page = ` ${lorem(10 * sentence, seed)}`
  return page.repeat(Math.ceil((size + 1) / page.length)).slice(1, size + 1)
}

function loremToken(i: number, seed: number): string {
  const place = i % sentence
  if (place === sentence - 1) return '.'
  if (i === 0) return 'Lorem'
  const word = vocabulary[mix(seed, i) % vocabulary.length] ?? 'ipsum'
  return place === 0 ? ` ${word[0]?.toUpperCase()}${word.slice(1)}` : ` ${word}`
}
