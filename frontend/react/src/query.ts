'use client';

export type { Positioned } from './hooks/topicJoin.ts';
export type { TopicLink } from './hooks/topicQuery.ts';
export { useTopicQuery, type TopicQueryResult, type UseTopicQueryOptions } from './hooks/useTopicQuery.ts';
