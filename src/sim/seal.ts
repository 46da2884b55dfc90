/**
 * Signatures over what the sim thought and called, so that it knows its own when they are handed back. The secret is
 * fixed: a sim that was started anew still knows what another said. A signature of one dialect is none in another.
 */

import { createHmac } from 'node:crypto'
import { isList, isObject, type Json } from './json.ts'

const secret = 'thalamus sim'

const mac = (kind: string, text: string): Buffer => createHmac('sha256', secret).update(`${kind}\n${text}`).digest()

export const sign = (kind: string, text: string): string => `Sim${mac(kind, text).toString('base64')}`

export const isSigned = (kind: string, text: string, signature: string): boolean => signature === sign(kind, text)

/** A text that nobody else can read as one, let alone make. */
export const conceal = (kind: string, text: string): string =>
  Buffer.concat([mac(kind, text), Buffer.from(text)]).toString('base64')

/** The text again, or `undefined` where it was not concealed here. */
export function reveal(kind: string, concealed: string): string | undefined {
  const bytes = Buffer.from(concealed, 'base64')
  const text = bytes.subarray(32).toString('utf8')
  return conceal(kind, text) === concealed ? text : undefined
}

/** JSON with its members in order, so that the same call is the same text however it was printed. */
export function canonical(value: Json | undefined): string {
  if (isList(value)) return `[${value.map(canonical).join(',')}]`
  if (!isObject(value)) return JSON.stringify(value ?? null)
  const members = Object.keys(value).toSorted()
  return `{${members.map(name => `${JSON.stringify(name)}:${canonical(value[name])}`).join(',')}}`
}
