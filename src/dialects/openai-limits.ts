import { sha256 } from '../lib/hash.ts'
import type { NameRule } from './tool-names.ts'

/** What OpenAI's two APIs take at the most, where other dialects take more. */

/**
 * The schemas of a chat's functions and of Open Responses' alike: "Must be a-z, A-Z, 0-9, or contain underscores and dashes,
 * with a maximum length of 64". DeepSeek, DashScope and others of the API refuse longer ones too.
 */
export const toolNames: NameRule = { most: 64 }

/** The published schema of `safety_identifier`, by which `user` is judged too. */
const longestUser = 64

/**
 * A user's name as OpenAI takes it. It only has to be the same for the same user, and OpenAI itself recommends to hash it
 * (the schema's description of `safety_identifier`), so a long one is told by its hash. Claude Code's has 150 characters.
 */
export const fittingUser = (user: string): string => (user.length <= longestUser ? user : sha256(user))
