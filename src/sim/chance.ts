/** Chance that repeats itself: the same numbers give the same outcome, in this run and in the next. */

/** 32 bits that depend on a text and a number. */
export const hash = (text: string, seed = 0): number => Bun.hash.xxHash32(text, seed)

/** 32 bits that depend on two numbers (the finish of MurmurHash3 over their combination). */
export function mix(a: number, b: number): number {
  let bits = (Math.imul(a, 0x9e3779b1) ^ Math.imul(b + 0x7f4a7c15, 0x85ebca6b)) >>> 0
  bits = Math.imul(bits ^ (bits >>> 16), 0x85ebca6b)
  bits = Math.imul(bits ^ (bits >>> 13), 0xc2b2ae35)
  return (bits ^ (bits >>> 16)) >>> 0
}

const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789'

/** So many letters and digits, different for each seed. */
export function letters(seed: number, length: number): string {
  let word = ''
  for (let i = 0; i < length; i++) word += alphabet[mix(seed, i) % alphabet.length]
  return word
}
