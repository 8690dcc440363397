import { englishTimeline, type TimelineMessages } from '../messages/timeline.ts';
import { englishTimelineParts } from '../messages/timelineParts.ts';

/** Everything that a story of `Timeline` says in a language, but for what its entries say. */
export interface TimelineLanguage {
  words: TimelineMessages;
  statusWords: Readonly<Record<string, string>>;
  types: Readonly<Record<string, string>>;
  /** Titles of the timelines of `AllStates`. */
  titles: readonly string[];
  errorMessage: string;
}

export const english: TimelineLanguage = {
  words: { ...englishTimelineParts, ...englishTimeline },
  statusWords: {},
  types: {},
  titles: [
    ...['Filtered', 'Since the last visit', 'Outdated', 'Loading', 'Failed, entries kept', 'Empty'],
    'No match',
  ],
  errorMessage: 'The audit log does not answer.',
};

export const german: TimelineLanguage = {
  words: {
    today: 'Heute',
    yesterday: 'Gestern',
    lastWeek: 'Letzte 7 Tage',
    older: 'Älter',
    entries: (count, one) => (one ? '1 Eintrag' : `${count} Einträge`),
    search: 'Suche',
    type: 'Art',
    status: 'Zustand',
    from: 'Von',
    to: 'Bis',
    anyTime: 'Jederzeit',
    shown: (shown, all) => `${shown} von ${all}`,
    clear: 'Filter aufheben',
    fresh: (count) => `${count} neue`,
    loadOlder: 'Ältere laden',
    loading: 'Wird geladen',
    allLoaded: 'Keine älteren Einträge',
    tooMany: 'Ältere Einträge zeigt ein engerer Filter.',
    whole: 'Ganze Liste',
    linkMissing: 'Der verlinkte Eintrag ist nicht in dieser Liste.',
    around: 'Rund um den verlinkten Eintrag.',
    newest: 'Zurück zu den neuesten',
    empty: 'Noch ist nichts geschehen.',
    noMatch: 'Kein Eintrag passt zu den Filtern.',
    failed: 'Die Einträge konnten nicht geladen werden.',
    olderFailed: 'Ältere Einträge konnten nicht geladen werden.',
    retry: 'Noch einmal',
    stale: (time, age) => `Stand von ${time} (${age})`,
    mayBeNewer: 'Es kann neuere Einträge geben.',
    seenBefore: 'Schon gesehen',
    exportAs: 'Ausgeben',
    csv: 'CSV',
    json: 'JSON',
    exporting: (percent) => `Wird ausgegeben, ${percent}`,
    cancel: 'Abbrechen',
    exported: (count, all, more) =>
      `${count}${all === null ? '' : ` von ${all}`} ${more ? 'geladenen Einträgen' : 'Einträgen'} ausgegeben`,
    exportFailed: 'Die Ausgabe ist misslungen. Noch einmal versuchen.',
    rangeLast: (duration) => `Die letzten: ${duration}`,
    rangeOf: (from, to) => (from === null ? `Bis ${to}` : to === null ? `Ab ${from}` : `${from} – ${to}`),
    rangeZone: (zone) => `Zeiten in ${zone}; ohne Uhrzeit ganze Tage.`,
    rangeTime: (field) => `${field}, Uhrzeit`,
    rangeLabel: 'Zeitraum',
    rangeApply: 'Anwenden',
    rangeBackward: 'Das Ende liegt vor dem Anfang.',
    rangeDayMissing: 'Zu einer Uhrzeit gehört ihr Tag.',
    fileFilter: 'Filter',
    fileNoFilter: 'keiner',
    fileZone: 'Zeitzone',
    fileEntries: 'Einträge',
    fileCount: (count, all, loaded) =>
      `${count}${all === null ? '' : ` von ${all}`}${loaded ? ' geladenen' : ''}`,
    fileNotLoaded: 'Nicht geladen',
    fileNewer: 'neuere Einträge',
    fileOlder: 'ältere Einträge',
    fileTime: 'Ausgegeben',
  },
  statusWords: {
    critical: 'Kritisch',
    in_progress: 'In Arbeit',
    success: 'Gelungen',
    warning: 'Warnung',
    stopped: 'Angehalten',
  },
  types: {
    deployment: 'Auslieferung',
    health: 'Gesundheit',
    operation: 'Vorgang',
    queue: 'Warteschlange',
    security: 'Sicherheit',
  },
  titles: [
    ...['Gefiltert', 'Seit dem letzten Besuch', 'Veraltet', 'Lädt', 'Misslungen, mit Einträgen', 'Leer'],
    'Nichts passt',
  ],
  errorMessage: 'Das Protokoll antwortet nicht.',
};

export const japanese: TimelineLanguage = {
  words: {
    today: '今日',
    yesterday: '昨日',
    lastWeek: '過去7日間',
    older: 'それ以前',
    entries: (count) => `${count}件`,
    search: '検索',
    type: '種類',
    status: '状態',
    from: '開始',
    to: '終了',
    anyTime: '全期間',
    shown: (shown, all) => `${all}件中${shown}件`,
    clear: 'フィルターを解除',
    fresh: (count) => `新着${count}件`,
    loadOlder: '以前の項目を読み込む',
    loading: '読み込み中',
    allLoaded: 'これ以前の項目はありません',
    tooMany: '以前の項目を見るにはフィルターを絞ってください。',
    whole: '全件表示',
    linkMissing: 'リンク先の項目はこの一覧にありません。',
    around: 'リンク先の項目の前後を表示しています。',
    newest: '最新に戻る',
    empty: 'まだ何も起きていません。',
    noMatch: 'フィルターに合う項目はありません。',
    failed: '項目を読み込めませんでした。',
    olderFailed: '以前の項目を読み込めませんでした。',
    retry: '再試行',
    stale: (time, age) => `${time}時点（${age}前）`,
    mayBeNewer: '新しい項目があるかもしれません。',
    seenBefore: '既読',
    exportAs: '書き出し',
    csv: 'CSV',
    json: 'JSON',
    exporting: (percent) => `書き出し中、${percent}`,
    cancel: '中止',
    exported: (count, all) => `${all === null ? '' : `${all}件中`}${count}件を書き出しました`,
    exportFailed: '書き出せませんでした。もう一度お試しください。',
    rangeLast: (duration) => `過去${duration}`,
    rangeOf: (from, to) => `${from ?? ''}～${to ?? ''}`,
    rangeZone: (zone) => `時刻は${zone}。時刻が空なら一日全体。`,
    rangeTime: (field) => `${field}の時刻`,
    rangeLabel: '期間',
    rangeApply: '適用',
    rangeBackward: '終了が開始より前です。',
    rangeDayMissing: '時刻には日付が必要です。',
    fileFilter: 'フィルター',
    fileNoFilter: 'なし',
    fileZone: 'タイムゾーン',
    fileEntries: '件数',
    fileCount: (count, all, loaded) =>
      `${all === null ? '' : `${loaded ? '読み込んだ' : ''}${all}件中`}${count}件`,
    fileNotLoaded: '未読み込み',
    fileNewer: '新しい項目',
    fileOlder: '以前の項目',
    fileTime: '書き出し日時',
  },
  statusWords: {
    critical: '重大',
    in_progress: '進行中',
    success: '成功',
    warning: '警告',
    stopped: '停止',
  },
  types: {
    deployment: 'デプロイ',
    health: 'ヘルス',
    operation: '操作',
    queue: 'キュー',
    security: 'セキュリティ',
  },
  titles: ['絞り込み', '前回の訪問以降', '古い情報', '読み込み', '失敗、項目は保持', '空', '一致なし'],
  errorMessage: '監査ログが応答しません。',
};

const wordsIn = (text: string): string[] => text.toLowerCase().match(/\p{L}{2,}/gu) ?? [];

function everyWord(map: object): string[] {
  return Object.values(map).flatMap((word: unknown) => {
    if (typeof word === 'string') return wordsIn(word);
    if (typeof word !== 'function') return [];
    const write = word as (...values: unknown[]) => string;
    return [true, false].flatMap((way) => wordsIn(`${write('1', way, way)} ${write('1', null, way)}`));
  });
}

/** Words of a text that only English has, and this language has not. */
export function englishLeft(text: string, language: TimelineLanguage): string[] {
  const own = new Set(everyWord(language.words));
  const foreign = new Set(everyWord(english.words).filter((word) => !own.has(word)));
  return wordsIn(text).filter((word) => foreign.has(word));
}
