/** What a metric's labels may say. `''` is "none": not decided, or a key without a team. */
export type Labels = { readonly provider: string; readonly model: string; readonly team: string }

export type Names = {
  of(provider: string | undefined, model: string | undefined, team: string | undefined): Labels
}

export type NameLimits = {
  /** Pairs of provider and model; the next one is counted under the model `other`. */
  readonly models: number
  readonly teams: number
  /** Triples of provider, model and team; the next one is counted under the team `other`. */
  readonly together: number
}

const usual: NameLimits = { models: 500, teams: 500, together: 5_000 }
export const other = 'other'

/**
 * Label values, bounded: each new one is kept for the life of the process, here and in Prometheus, so a caller who
 * invents model names, or ten thousand teams, must not be able to add more. First come, first named.
 */
export function openNames(known: (provider: string, model: string) => boolean, limits: NameLimits = usual): Names {
  const models = openRoom(limits.models)
  const teams = openRoom(limits.teams)
  const together = openRoom(limits.together)

  function modelName(provider: string, model: string | undefined): string {
    if (model === undefined) return ''
    return known(provider, model) && models(`${provider}\n${model}`) ? model : other
  }

  function teamName(provider: string, model: string, team: string | undefined): string {
    if (team === undefined) return ''
    return teams(team) && together(`${provider}\n${model}\n${team}`) ? team : other
  }

  return {
    of: (provider = '', asked, askedBy) => {
      const model = modelName(provider, asked)
      return { provider, model, team: teamName(provider, model, askedBy) }
    },
  }
}

/** Says of a name whether it is in, letting it in while there is room. */
function openRoom(most: number): (name: string) => boolean {
  const inside = new Set<string>()
  return name => inside.has(name) || (inside.size < most && inside.add(name) === inside)
}
