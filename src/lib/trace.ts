import { sha256 } from './hash.ts'

/**
 * The trace that a request belongs to: its caller's, or one of its own. That is made of the request's id, so that nothing
 * has to be drawn or kept: ours have the 128 bits of a trace's id, the last 62 by chance; another's are hashed.
 */
export const traceOf = (id: string, traceparent: string | undefined): string =>
  (traceparent === undefined ? undefined : parentsTrace(traceparent)) ?? traceOfId(id)

const traceOfId = (id: string): string => (ours.test(id) ? id.slice(4) : sha256(id).slice(0, 32))

const ours = /^req_(?!0{32})[\da-f]{32}$/

/**
 * W3C Trace Context, section 3.2: version, trace, parent and flags, in small letters. The version ff and ids of nothing but
 * zeros are none; what a later version has to say stands behind another dash.
 */
const parent = /^(?!ff)(?:00(?=.{53}$)|(?!00)[\da-f]{2})-((?!0{32})[\da-f]{32})-(?!0{16})[\da-f]{16}-[\da-f]{2}(?:-|$)/

const parentsTrace = (text: string): string | undefined => parent.exec(text)?.[1]
