-- Foreign keys now, so that a fault is reported here and not by COMMIT.
SET CONSTRAINTS ALL IMMEDIATE
