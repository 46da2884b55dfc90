import { bearer, type Provider } from './provider.ts'

export const perplexity: Provider = {
  id: 'perplexity',
  name: 'Perplexity',
  dialect: 'openai-chat',
  baseUrl: 'https://api.perplexity.ai',
  keyFrom: ['PERPLEXITY_API_KEY', 'PPLX_API_KEY'],
  auth: bearer,
  serves: ['sonar'],
  quirks: { streamUsage: 'never', maxTokensField: 'max_tokens', noDeveloper: true, searchesBy: 'web_search_options' },
  docs: 'https://docs.perplexity.ai/api-reference/chat-completions-post',
}
