/** A place that can answer: a provider and the name that it gives the model. */
export type Target = { readonly provider: string; readonly model: string }

/** One try. */
export type Leg = { readonly target: Target }

/** What will be done for a request, as plain data, and why. The waits are in milliseconds. */
export type Plan = {
  readonly legs: readonly Leg[]
  readonly waits: Waits
  /** How the model's name led here, for `requests/{id}`. */
  readonly reason: string
}

export type Waits = {
  /** From asking until the first content of a stream. */
  readonly firstToken: number
  /** Between two reads of a stream. */
  readonly idle: number
  /** From asking until the whole reply is here. */
  readonly total: number
}
