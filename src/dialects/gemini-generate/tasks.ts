import type { EmbedTask } from '../../model/embed.ts'

/** What Gemini calls the tasks that vectors are for. */
export const taskTypes: Readonly<Record<EmbedTask, string>> = {
  query: 'RETRIEVAL_QUERY',
  document: 'RETRIEVAL_DOCUMENT',
  similarity: 'SEMANTIC_SIMILARITY',
  classification: 'CLASSIFICATION',
  clustering: 'CLUSTERING',
  question: 'QUESTION_ANSWERING',
  fact: 'FACT_VERIFICATION',
  'code-query': 'CODE_RETRIEVAL_QUERY',
}

export const tasks: ReadonlyMap<string, EmbedTask> = new Map(
  (Object.entries(taskTypes) as [EmbedTask, string][]).map(([task, type]) => [type, task]),
)
