const FORCED = /\(\s*forced-colors\s*:\s*active\s*\)/;

function* mediaRules(rules: CSSRuleList): Generator<CSSMediaRule> {
  for (const rule of rules) {
    if (rule instanceof CSSMediaRule && FORCED.test(rule.conditionText)) yield rule;
    if (rule instanceof CSSGroupingRule) yield* mediaRules(rule.cssRules);
  }
}

/**
 * Shows nearly what forced colours show, where the system has none: the kit's own rules for them apply, and
 * `preview.css` puts system colours over all others. The catalog's test forces colours for real.
 * @returns ends it
 */
export function forceColours(): () => void {
  const changed = [...document.styleSheets].flatMap((sheet) => [...mediaRules(sheet.cssRules)]);
  const before = changed.map(({ media }) => media.mediaText);
  for (const { media } of changed) media.mediaText = 'all';
  document.documentElement.dataset.contrast = 'forced';
  return () => {
    changed.forEach(({ media }, index) => {
      media.mediaText = before[index] ?? '';
    });
    delete document.documentElement.dataset.contrast;
  };
}
