#ifndef REPORT_PAGE_CHARTS_H
#define REPORT_PAGE_CHARTS_H

struct overview;
struct page;

/*
 * The charts of a site: recovery time and recovery point against their
 * objectives, phases of drills, sizes, forecast.  Those that have no data are
 * left out.
 */
void	page_charts(const struct overview *, struct page *);

#endif
