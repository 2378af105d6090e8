-- How a job is added does not depend on what the job is: the questions behind it are planned once for each connection and not each
-- time, which was more than half of what it took. A plan that is kept may have been made while the tables were empty, when to read
-- them whole looks cheap: it goes by the indexes.
alter function enqueue(text, json, text, timestamptz, text, integer, boolean, integer) set plan_cache_mode = force_generic_plan;
alter function enqueue(text, json, text, timestamptz, text, integer, boolean, integer) set enable_seqscan = off;
