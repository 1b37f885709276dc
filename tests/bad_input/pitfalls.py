"""What goes wrong with people's documents, and where each is tried."""

from __future__ import annotations

from collections.abc import Mapping

HERE = "bad_input/test_documents"
EXCEL, WORD = "connectors/excel", "connectors/word"

PITFALLS: Mapping[str, tuple[str, ...]] = {
    "two far-apart cells end a library's whole process": (
        f"{EXCEL}/test_bad_input::test_two_cells_in_far_corners_cost_two_cells",
        f"{EXCEL}/test_bad_input::test_a_reader_that_needs_too_much_memory_costs_only_itself",
        f"{EXCEL}/test_child::test_a_child_that_dies_is_damage_to_the_file_not_to_the_hub",
    ),
    "an error cell is read as an empty one": (
        f"{EXCEL}/test_bad_input::test_an_error_cell_is_unread_never_empty",
        f"{EXCEL}/test_other_formats::test_an_xlsb_error_is_unread",
        f"{EXCEL}/test_other_formats::test_an_xls_formula_that_ends_in_an_error_is_unread",
        f"{EXCEL}/test_other_formats::test_an_ods_error_is_unread_whatever_number_stands_behind_it",
    ),
    "leading empty rows shift what is written back": (
        f"{HERE}::test_rows_left_empty_above_and_beside_a_list_shift_nothing_that_is_written",
        f"{EXCEL}/test_other_formats::test_a_million_empty_rows_in_an_ods_cost_nothing_and_shift_nothing",
    ),
    "numbers lose the zeros of telephones, postcodes and SIRETs": (
        f"{EXCEL}/test_values::test_zeros_that_only_the_format_knows_are_kept_for_what_is_no_amount",
        f"{EXCEL}/test_values::test_a_padded_number_is_read_as_it_is_shown",
        f"{EXCEL}/test_patch::test_digits_go_back_as_the_number_their_format_shows",
    ),
    "a strict file is seen as one without sheets": (
        f"{EXCEL}/test_samples::test_a_strict_workbook_is_never_read_as_an_empty_one",
        f"{WORD}/test_text::test_a_strict_document_is_never_read_as_an_empty_one",
    ),
    "a customer is called NA or None": (
        f"{EXCEL}/test_bad_input::test_a_customer_whose_name_looks_like_something_else_keeps_it",
    ),
    "calculated values are lost when a workbook is saved": (
        f"{HERE}::test_formulas_and_what_they_came_to_outlive_every_write",
        f"{EXCEL}/test_patch::test_only_the_changed_cell_changes",
    ),
    "formulas are destroyed when values are saved": (
        f"{HERE}::test_formulas_and_what_they_came_to_outlive_every_write",
        f"{EXCEL}/test_patch::test_a_formula_cell_is_refused_with_its_place_and_costs_only_its_record",
    ),
    "texts that begin with = + - @": (
        f"{HERE}::test_no_text_is_ever_a_formula_in_a_workbook",
        f"{HERE}::test_no_text_is_ever_a_formula_in_a_file_for_sage",
        f"{HERE}::test_no_text_is_ever_a_formula_in_a_file_of_accounting",
        "bad_input/test_cells::test_a_command_typed_elsewhere_is_only_ever_text_in_the_workbook",
    ),
    "32,767 characters, and characters that are none": (
        f"{EXCEL}/test_patch::test_the_longest_text_a_cell_holds_is_written_whole",
        f"{EXCEL}/test_patch::test_what_no_cell_can_hold_is_refused_never_cut",
        f"{EXCEL}/test_bad_input::test_a_cell_of_forty_thousand_characters_is_read_whole",
    ),
    "a status is told by strike-through or colour": (
        f"{EXCEL}/test_rules::test_the_look_of_a_row_is_its_status",
        f"{EXCEL}/test_rules::test_a_look_changed_by_a_person_is_an_edit_of_the_record",
        f"{EXCEL}/test_rules::test_a_file_that_does_not_tell_looks_leaves_the_status_unread",
    ),
    "merged cells": (
        f"{EXCEL}/test_blocks::test_merged_headings_of_two_rows_name_their_columns",
        f"{EXCEL}/test_blocks::test_a_value_that_others_share_is_never_written",
        f"{EXCEL}/test_patch::test_the_covered_part_of_a_merge_is_neither_read_nor_written",
    ),
    "stacked blocks": (
        f"{EXCEL}/test_blocks::test_every_row_of_a_stack_carries_the_title_of_its_block",
        f"{EXCEL}/test_blocks::test_a_total_that_no_rule_leaves_out_is_told_not_swallowed",
    ),
    "blank rows": (f"{EXCEL}/test_rows::test_blank_rows_and_rows_of_unmapped_columns_are_no_records",),
    "sorted rows": (f"{EXCEL}/test_pull::test_rows_sorted_by_a_person_are_still_found_by_their_key",),
    "copied rows bear one id twice": (
        f"{EXCEL}/test_bad_input::test_rows_of_one_key_are_all_set_aside_and_count_as_there",
        f"{HERE}::test_a_contract_that_was_copied_is_set_aside_with_the_one_it_was_copied_from",
    ),
    "the provider's own SIREN is taken for the client's": (
        f"{WORD}/test_reading::test_the_providers_own_siren_is_never_the_clients",
    ),
    "a label stands in the middle of a sentence": (
        f"{WORD}/test_reading::test_a_label_counts_at_the_start_of_a_line_and_not_in_a_sentence",
    ),
    "a label stands twice on a line": (f"{WORD}/test_reading::test_a_label_twice_on_a_line_is_two_values",),
    "« dure une année »": (f"{WORD}/test_french::test_durations_as_contracts_write_them",),
    "« bi-annuelle » is not « bisannuelle », « 2x/an »": (
        f"{WORD}/test_french::test_frequencies_as_contracts_write_them",
        f"{WORD}/test_french::test_what_says_nothing_certain_of_how_often_is_refused",
    ),
    "a placeholder is split over runs": (
        f"{WORD}/test_text::test_a_placeholder_split_over_runs_is_one_word",
    ),
    "tracked deletions are read": (
        f"{WORD}/test_text::test_tracked_deletions_and_moved_away_text_are_not_read",
    ),
    "hidden text is read": (
        f"{WORD}/test_text::test_hidden_text_is_not_read_not_even_where_a_style_hides_it",
    ),
    "prefilled fields pass for filled ones": (
        f"{WORD}/test_reading::test_a_form_field_left_as_it_was_delivered_is_doubted",
        f"{HERE}::test_what_stood_on_the_blank_form_is_nothing_that_anybody_wrote",
    ),
    "a field is misused for something else": (
        f"{WORD}/test_reading::test_a_misused_form_field_goes_to_review",
        f"{HERE}::test_a_name_typed_where_a_date_belongs_is_doubted_and_costs_only_itself",
    ),
    "a mail merge holds many contracts in one file": (
        f"{WORD}/test_choosing::test_a_mail_merge_is_cut_into_its_contracts",
        f"{WORD}/test_choosing::test_many_contracts_read_as_one_are_doubted",
    ),
    "an owner file was left by a crash": (
        f"{EXCEL}/test_files::test_a_lock_left_by_a_crash_is_passed_over_only_when_it_is_old_enough",
        f"{HERE}::test_an_owner_file_holds_up_its_own_document_until_it_is_stale",
    ),
    "an owner file belongs to another document": (
        f"{EXCEL}/test_files::test_a_lock_of_another_workbook_holds_nobody_up",
        f"{HERE}::test_an_owner_file_is_no_contract_and_holds_up_no_other",
    ),
    "a file is only half written": (
        f"{EXCEL}/test_files::test_a_file_that_grows_between_two_looks_is_not_read",
        f"{EXCEL}/test_bad_input::test_a_truncated_workbook_is_damaged",
        f"{HERE}::test_half_a_document_is_told_and_deletes_nothing",
        f"{HERE}::test_half_a_form_is_told_and_deletes_nothing",
    ),
    "a file changes between reading and replacing": (
        f"{EXCEL}/test_files::test_a_file_saved_while_the_copy_was_made_is_not_replaced",
        f"{EXCEL}/test_files::test_a_person_who_saves_just_then_is_merged_with_by_starting_over",
        f"{HERE}::test_a_contract_a_person_saves_meanwhile_is_never_written_over",
    ),
    "a replaced file may be read by nobody else": (
        f"{EXCEL}/test_files::test_the_mode_of_the_file_is_kept",
        f"{HERE}::test_a_contract_that_was_written_may_be_read_by_whoever_could",
    ),
}
